// The app in a page without a build: the host writes the address of the script.
import { createReportPipeline } from 'CRRG_SCRIPT';
import { showVisits } from './visits.js';

showVisits(({ engine, worker }) => createReportPipeline({ backend: engine, worker }));
