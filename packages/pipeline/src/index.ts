export { parseRrgConfig, partOf, rrgSpecs, type RrgConfig, type RrgPart } from './rrg-config.js';
