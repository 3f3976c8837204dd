import { markOf, type Mark, type RegionResult } from '@crrg/pipeline';
import type { Reading } from './state.js';

/** The regions that the report describes, in its order: their place in this list is their number. */
export const markedRegions = ({ regions }: Pick<Reading, 'regions'>): RegionResult[] =>
  regions.filter(({ status }) => status === 'described');

/** Colour and line of the region with this place in the list, as in the overlay of the library. */
export const markOfRegion = (index: number): Mark => markOf(index);
