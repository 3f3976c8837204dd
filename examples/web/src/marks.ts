import type { RegionResult } from '@crrg/pipeline';
import type { Reading } from './state.js';

/** The regions that the report describes, in its order: their place in this list is their number, colour and line. */
export const markedRegions = ({ regions }: Pick<Reading, 'regions'>): RegionResult[] =>
  regions.filter(({ status }) => status === 'described');
