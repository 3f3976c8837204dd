import '@crrg/pipeline/worker';
