import { stripPythonSpace } from '../python/index.js';

/** Headers of reports under the name of their section; docs/reference/mimic-cxr-tables.md#section-names. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  impression: [
    'impression',
    'conclusion',
    'findings and impression',
    'findings/impression',
    'findings/ impression',
    'ndication',
    'impresson',
    'imprression',
    'imoression',
    'impressoin',
    'imprssion',
    'impresion',
    'imperssion',
    'mpression',
    'impession',
  ],
  findings: [
    'findings',
    'chest, two views',
    'finding',
    'findins',
    'findindgs',
    'findgings',
    'findngs',
    'findnings',
    'finidngs',
    'reference findings',
  ],
  comparison: [
    'comparison',
    'comparisons',
    'reference exam',
    'comparison exam',
    'comparison film',
    'comparision',
    'comparsion',
    'comparrison',
    'comparisions',
  ],
  indication: ['indication', 'reason for examination', 'reason for exam', 'clinical indication', 'idication'],
  history: ['history', 'clinical history', 'clinical information', 'patient history', 'pfi'],
  examination: ['examination', 'exam', 'type of examination'],
  recommendations: ['recommendation', 'recommendations', 'recommendation(s)'],
  'wet read': ['wet read', 'wetread'],
  preamble: ['preamble'],
  technique: ['technique'],
  notification: ['notification'],
  addendum: ['addendum'],
  date: ['date'],
  comment: ['comment'],
};

const NAME_OF_HEADER: ReadonlyMap<string, string> = new Map(
  Object.entries(HEADERS).flatMap(([name, headers]) => headers.map((header) => [header, name] as const)),
);

/** Names that a header has where it contains them, the first one counts. */
const CONTAINED_NAMES = ['impression', 'findings', 'history', 'comparison', 'addendum'] as const;

/** A header with one of these, anywhere, even inside a word, is taken for the findings. */
const TITLES_OF_FINDINGS = [
  'chest',
  'portable',
  'pa and lateral',
  'lateral and pa',
  'ap and lateral',
  'lateral and ap',
  'frontal and',
  'two views',
  'frontal view',
  'pa view',
  'ap view',
  'one view',
  'lateral view',
  'bone window',
  'frontal upright',
  'frontal semi-upright',
  'ribs',
  'pa and lat',
] as const;

/**
 * The section that a header of a MIMIC-CXR report stands for, such as `findings` for `FINIDNGS` and for `PORTABLE CHEST`; the header in small
 * letters where no rule knows it.
 *
 * Source: docs/reference/datasets.md#reference-report, step 3, and the section parser published with MIMIC-CXR.
 */
export function normalizeSectionName(header: string): string {
  const name = stripPythonSpace(header.toLowerCase());
  const exact = NAME_OF_HEADER.get(name);
  if (exact !== undefined) return exact;
  const contained = CONTAINED_NAMES.find((each) => name.includes(each));
  if (contained !== undefined) return contained;
  return TITLES_OF_FINDINGS.some((title) => name.includes(title)) ? 'findings' : name;
}
