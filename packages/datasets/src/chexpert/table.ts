import type { CxrClipRow } from '../cxr-clip/row.js';
import { chexpertPromptLabels, type ChexpertStudy } from './studies.js';

/** The row of a study in the pre-training table of CXR-CLIP: its labels stand for a report. */
export function chexpertRow({ films, states }: ChexpertStudy): CxrClipRow {
  const byView = new Map<string, string[]>();
  for (const { path, view } of films)
    if (view !== null) byView.set(view, [...(byView.get(view) ?? []), path]);
  return {
    images: films.map(({ path }) => path),
    views: [...byView.keys()],
    byView,
    sections: undefined,
    augmented: undefined,
    labels: chexpertPromptLabels(states),
  };
}
