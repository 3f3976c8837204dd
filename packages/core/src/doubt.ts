/**
 * Every doubt that CRRG can have about its answer, and what it means. The codes are part of the API: a code keeps its meaning, and
 * new ones may come.
 */
export const DOUBT_CODES = {
  'bits-unused':
    'The grey values use only a part of the bits that the file stores, so the film looks too dark or flat to the networks.',
  negative: 'The greys look inverted: bone is dark and air is bright.',
  'nearly-empty': 'Almost every pixel has the same value; the picture shows next to nothing.',
  'few-grey-levels': 'The picture has only a few grey levels, as after a bad conversion.',
  'not-upright': 'The chest seems to lie on its side or to stand upside down.',
  'not-a-chest':
    'The picture does not look like a frontal chest film, or the file names another part of the body.',
  'not-frontal': 'The file says that the view is lateral or oblique; the networks read frontal films.',
  'modality-unknown': 'The file does not say that it is a radiograph (CR or DX).',
  'extreme-aspect-ratio': 'One side is far longer than the other; a chest film is nearly square.',
  'orientation-not-applied':
    'The file names an orientation that was not applied; the film may lie on its side or be mirrored.',
  'pixels-not-square':
    'The file says that its pixels are wider than high or the reverse; the film was not resampled and looks stretched.',
  'several-windows': 'The file offers several windows for its greys; the first was used.',
  'window-not-applied':
    'The window of the file makes no sense; its greys were spread from the lowest to the highest value instead.',
  'stray-bits': 'Stored values use bits that the file says hold none; those bits were ignored.',
  'not-for-presentation':
    'The file holds the raw image of the detector, meant for processing and not for reading.',
  'polarity-disagrees':
    'The file contradicts itself on whether low values are black or white; its photometric interpretation was followed.',
  'low-resolution': 'The picture has far fewer pixels than the input of the network.',
  'labels-assumed':
    'The checkpoint of the classifier does not say what its outputs mean; the names of the labels were assumed.',
  'threshold-assumed':
    'The checkpoint of the classifier does not say from which probability a label counts as found; 0.5 was assumed.',
  'sentence-against-score':
    'The sentence of a region and its abnormality score disagree: one calls it abnormal, the other does not.',
  'sentence-of-other-side': 'The sentence of a region on one side speaks of the other side alone.',
  'sentences-disagree': 'The sentence of a lung and those of its zones contradict each other.',
  'report-against-classifier':
    'The report and the classifier disagree about a finding: one states it, the other does not.',
} as const;

/** Name of a doubt, one of {@link DOUBT_CODES}. */
export type DoubtCode = keyof typeof DOUBT_CODES;

/** A reason why an answer may be wrong, found in the input or in the answer itself. */
export interface Doubt {
  readonly code: DoubtCode;
  /** One sentence with what was seen, and what to do. Holds no pixel, no text of a report and no name of a file. */
  readonly message: string;
}

/** The doubts of several lists; of two with the same code the first is kept. */
export function mergeDoubts(...lists: readonly (readonly Doubt[])[]): Doubt[] {
  const byCode = new Map<DoubtCode, Doubt>();
  for (const doubt of lists.flat()) if (!byCode.has(doubt.code)) byCode.set(doubt.code, doubt);
  return [...byCode.values()];
}
