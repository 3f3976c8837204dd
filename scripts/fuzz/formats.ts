/** The formats that can be fuzzed; each is a module of its name in `formats/`. */
export const FORMAT_NAMES = [
  'dicom',
  'png',
  'jpeg',
  'exif',
  'safetensors',
  'pickle',
  'zip',
  'csv',
  'jsonl',
  'python-literal',
  'rrg-csv',
  'openi-xml',
  'scene-graph',
  'score-files',
] as const;

/** One of {@link FORMAT_NAMES}. */
export type FormatName = (typeof FORMAT_NAMES)[number];

/** The address of a format's module, for {@link runCases}. */
export const formatModule = (name: FormatName): string => new URL(`formats/${name}.ts`, import.meta.url).href;
