export type { RegionAnnotation, RegionStudy, StudySplit } from './region-study.js';
