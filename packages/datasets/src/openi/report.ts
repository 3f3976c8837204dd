import { DataError } from '@crrg/core';
import { SaxesParser } from 'saxes';

/** One report of the Indiana University collection (Open-i). */
export interface OpeniReport {
  /** `CXR1` and so on. */
  readonly uid: string;
  readonly comparison: string | null;
  readonly indication: string | null;
  readonly findings: string | null;
  readonly impression: string | null;
  /** Names of the pictures, `CXR1_1_IM-0001-3001`; may be none. */
  readonly images: readonly string[];
  /** The texts of the abstract in order; null for an empty one. */
  readonly abstract: readonly (string | null)[];
}

const LIMITS = { characters: 1 << 22, depth: 64, images: 1000, texts: 100 } as const;

/** Where texts of the abstract stand. */
const ABSTRACT_TEXT = 'eCitation/MedlineCitation/Article/Abstract/AbstractText';

interface Draft {
  uid: string | undefined;
  readonly images: string[];
  readonly texts: { readonly label: string; text: string }[];
}

function checkLimits(draft: Draft, depth: number): void {
  if (depth > LIMITS.depth) throw new Error(`it nests deeper than ${LIMITS.depth}`);
  if (draft.images.length > LIMITS.images) throw new Error(`it has more than ${LIMITS.images} pictures`);
  if (draft.texts.length > LIMITS.texts) throw new Error(`it has more than ${LIMITS.texts} texts`);
}

/** Reads what is needed; a document type and its entities are never expanded. */
function readDraft(xml: string): Draft {
  const draft: Draft = { uid: undefined, images: [], texts: [] };
  const path: string[] = [];
  const parser = new SaxesParser();
  parser.on('error', () => {
    throw new Error('it is no well-formed XML');
  });
  parser.on('opentag', ({ name, attributes }) => {
    path.push(name);
    checkLimits(draft, path.length);
    if (path.join('/') === 'eCitation/uId') draft.uid = attributes['id'];
    if (path.join('/') === 'eCitation/parentImage' && attributes['id'] !== undefined)
      draft.images.push(attributes['id']);
    if (path.join('/') === ABSTRACT_TEXT) draft.texts.push({ label: attributes['Label'] ?? '', text: '' });
  });
  const addText = (text: string) => {
    if (path.join('/') === ABSTRACT_TEXT) draft.texts.at(-1)!.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => void path.pop());
  parser.write(xml).close();
  return draft;
}

const textOrNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());

/**
 * The report of one XML file of `ecgen-radiology`.
 *
 * Source: docs/reference/datasets.md#open-i.
 * @param file name for messages
 * @throws {@link DataError} for anything but a report, or one beyond bounds; never with a text of it
 */
export function parseOpeniReport(xml: string, file: string): OpeniReport {
  if (xml.length > LIMITS.characters)
    throw new DataError(`${file}: expected at most 4 MiB, got ${xml.length} characters; check the file.`);
  let draft: Draft;
  try {
    draft = readDraft(xml);
  } catch (error) {
    throw new DataError(
      `${file}: expected a report in XML, but ${error instanceof Error ? error.message : 'it cannot be read'}; check the file.`,
    );
  }
  const { uid, images, texts } = draft;
  if (uid === undefined || uid.trim() === '')
    throw new DataError(`${file}: expected an eCitation with a uId, got none; check the file.`);
  const labelled = (label: string) =>
    textOrNull(texts.find((each) => each.label.toUpperCase() === label)?.text ?? '');
  return {
    uid,
    comparison: labelled('COMPARISON'),
    indication: labelled('INDICATION'),
    findings: labelled('FINDINGS'),
    impression: labelled('IMPRESSION'),
    images,
    abstract: texts.map(({ text }) => textOrNull(text)),
  };
}
