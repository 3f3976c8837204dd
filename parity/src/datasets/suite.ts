import type { ParityContext, ParitySuite } from '../framework/context.js';

type Part = (context: ParityContext) => Promise<void>;

/** Folders of expected files and what checks them. */
const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  'expected/chexpert': async () => (await import('./chexpert.js')).checkChexpert,
  'expected/cxrclip': async () => (await import('./cxr-clip.js')).checkCxrClip,
  'expected/nih': async () => (await import('./nih.js')).checkNih,
  'expected/openi': async () => (await import('./openi.js')).checkOpeni,
  'expected/rrg': async () => (await import('./rrg.js')).checkRrg,
  'expected/rsna': async () => (await import('./rsna.js')).checkRsna,
};

/** Data sets as they lie on disk, and what the reference programs make of them: one case a folder of expected files. */
export const datasetSuite: ParitySuite = {
  name: 'datasets',
  matches: (name) => Object.hasOwn(PARTS, name),
  run: async (context) => (await PARTS[context.name]!())(context),
};
