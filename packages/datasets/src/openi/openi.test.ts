import { describe, expect, it } from 'vitest';
import { parseCsv } from '../table/read-csv.js';
import { openiImageName, readOpeniProjections } from './projections.js';
import { parseOpeniReport } from './report.js';
import { openiReferenceText, openiSections } from './text.js';

interface Parts {
  readonly texts?: readonly (readonly [label: string, text: string])[];
  readonly images?: readonly string[];
  readonly uid?: string;
  readonly head?: string;
}

function xmlOf({ texts = [], images = [], uid = '<uId id="CXR1"/>', head = '' }: Parts): string {
  const abstract = texts.map(([label, text]) => `<AbstractText Label="${label}">${text}</AbstractText>`);
  const pictures = images.map((id) => `<parentImage id="${id}"><caption>a caption</caption></parentImage>`);
  return `<?xml version="1.0"?>${head}<eCitation>${uid}<MedlineCitation><Article><Abstract>
    ${abstract.join('\n')}</Abstract></Article></MedlineCitation>${pictures.join('')}</eCitation>`;
}

const parse = (parts: Parts) => parseOpeniReport(xmlOf(parts), '1.xml');
const four = (findings: string, impression: string) =>
  parse({
    texts: [
      ['COMPARISON', ''],
      ['INDICATION', 'cough'],
      ['FINDINGS', findings],
      ['IMPRESSION', impression],
    ],
  });

describe('a report of Open-i', () => {
  it('has its texts by label, trimmed, entities resolved; empty ones are null', () => {
    const report = four(' 3 &lt; 4 <![CDATA[& more]]> ', ' ');
    expect(report).toEqual({
      uid: 'CXR1',
      comparison: null,
      indication: 'cough',
      findings: '3 < 4 & more',
      impression: null,
      images: [],
      abstract: [null, 'cough', '3 < 4 & more', null],
    });
    expect(openiSections(report)).toEqual(['3 < 4 & more']);
  });

  it('may have no pictures, and names them in order', () => {
    expect(parse({ images: ['CXR1_2', 'CXR1_1'] }).images).toEqual(['CXR1_2', 'CXR1_1']);
    expect(parse({}).images).toEqual([]);
  });

  it('never expands entities of a document type', () => {
    const head =
      '<!DOCTYPE eCitation [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>';
    for (const entity of ['&b;', '&f;'])
      expect(() => parse({ head, texts: [['FINDINGS', entity]] })).toThrow(
        '1.xml: expected a report in XML, but it is no well-formed XML; check the file.',
      );
  });

  it('is refused where it is cut off, no report, too deep or too large, without a word of it', () => {
    const whole = xmlOf({ texts: [['FINDINGS', 'secret']] });
    for (const xml of [
      whole.slice(0, -5),
      xmlOf({ uid: '' }),
      'secret',
      '<a>'.repeat(100) + '</a>'.repeat(100),
      `${whole}${' '.repeat(1 << 22)}`,
      xmlOf({ images: Array<string>(1001).fill('secret') }),
    ]) {
      expect(() => parseOpeniReport(xml, '1.xml')).toThrow(/^1\.xml: expected /);
      expect(() => parseOpeniReport(xml, '1.xml')).not.toThrow(/secret/);
    }
  });
});

describe('the text that the reference takes from Open-i', () => {
  it('is the one of findings and impression that sorts last, not the longer one', () => {
    expect(openiReferenceText(four('A very long text.', 'Be brief.'))).toEqual({
      text: 'Be brief.',
      error: null,
    });
    expect(openiReferenceText(four('a', 'B is longer')).text).toBe('a');
    expect(openiReferenceText(four('Same', 'Same and more')).text).toBe('Same and more');
    // By code points U+FF21 sorts before U+1D400, by UTF-16 units behind it.
    expect(openiReferenceText(four('\uff21', '\u{1d400}')).text).toBe('\u{1d400}');
  });

  it('is none where findings or impression are empty, or the abstract has not four texts', () => {
    expect(openiReferenceText(four('', 'x')).error).toBe('KeyError');
    expect(openiReferenceText(four('x', '')).error).toBe('KeyError');
    expect(openiReferenceText(parse({ texts: [['FINDINGS', 'x']] })).error).toBe('ValueError');
  });

  it('goes by place and not by label', () => {
    const report = parse({
      texts: ['FINDINGS', 'IMPRESSION', 'COMPARISON', 'INDICATION'].map((label) => [label, label]),
    });
    expect(openiReferenceText(report).text).toBe('INDICATION');
    expect(openiSections(report)).toEqual(['FINDINGS', 'IMPRESSION']);
  });
});

describe('the projections of Open-i', () => {
  const read = (lines: string) => readOpeniProjections(parseCsv(`uid,filename,projection\n${lines}`, 'F'));

  it('are found under the name that a picture has in the XML', async () => {
    expect(openiImageName('1_IM-0001-3001.dcm.png')).toBe('CXR1_IM-0001-3001');
    expect([...(await read('1,1_IM-1.dcm.png,Frontal\n1,1_IM-2.dcm.png,Lateral\n'))]).toEqual([
      ['CXR1_IM-1', 'Frontal'],
      ['CXR1_IM-2', 'Lateral'],
    ]);
  });

  it('are refused with file and line for another view and for two of one picture', async () => {
    await expect(read('1,1.dcm.png,Oblique\n')).rejects.toThrow('F: line 2: expected Frontal, Lateral');
    await expect(read('1,1.dcm.png,Frontal\n1,1.dcm.png,Lateral\n')).rejects.toThrow(
      'F: line 3: expected one',
    );
  });
});
