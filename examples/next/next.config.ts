import type { NextConfig } from 'next';

const config: NextConfig = {
  output: 'standalone',
  // Stays in node_modules, with its fonts, its native add-ons and the demonstration model.
  serverExternalPackages: ['@crrg/pipeline'],
  // Turbopack copies the add-on of onnxruntime-node, and not the library that it loads.
  outputFileTracingIncludes: {
    '/api/report': [`./node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/**`],
  },
};

export default config;
