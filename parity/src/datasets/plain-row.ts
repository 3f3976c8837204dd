import type { CxrClipRow } from '@crrg/datasets';

/** A row as plain data, for comparisons. */
export const plainRow = ({ byView, ...row }: CxrClipRow) => ({ ...row, byView: Object.fromEntries(byView) });
