import { describe, expect, it } from 'vitest';
import { parseReportSections } from './sections.js';

/** Name and text of each section. */
const parts = (report: string) => parseReportSections(report).map(({ name, text }) => [name, text]);
const names = (report: string) => parseReportSections(report).map(({ name }) => name);

describe('the sections of a report', () => {
  it('start behind a line of one blank, capitals and a colon; what stands before is the preamble with its newline and blank', () => {
    expect(parseReportSections('REPORT\n FINDINGS:  Clear.\n \n IMPRESSION: None.\n')).toEqual([
      { name: 'preamble', start: 0, text: 'REPORT\n ' },
      { name: 'findings', start: 18, text: ' Clear.\n ' },
      { name: 'impression', start: 41, text: 'None.\n' },
    ]);
  });

  it('count their places in code points, after CR LF and CR became LF', () => {
    expect(parseReportSections('\u{1f4cc}\r\n FINDINGS: a\u{1f4cc}\r\n IMPRESSION: b\r')).toEqual([
      { name: 'preamble', start: 0, text: '\u{1f4cc}\n ' },
      { name: 'findings', start: 13, text: 'a\u{1f4cc}' },
      { name: 'impression', start: 29, text: 'b\n' },
    ]);
  });

  it('a header at a line end swallows the next line, so that an IMPRESSION line directly below FINDINGS is the findings', () => {
    expect(parts('\n FINDINGS:\n IMPRESSION: x\n COMPARISON: y\n')).toEqual([
      ['preamble', '\n '],
      ['findings', ' IMPRESSION: x'],
      ['comparison', 'y\n'],
    ]);
  });

  it('one line holds one header', () => {
    expect(parts('\n FINDINGS: CHEST: clear.\n')).toEqual([
      ['preamble', '\n '],
      ['findings', 'CHEST: clear.\n'],
    ]);
  });

  it('two and more blanks before a header, and one before its colon, still make a header', () => {
    expect(names('\n    HISTORY: a\n   FINDINGS : b\n')).toEqual(['preamble', 'history', 'findings']);
  });

  it('no blank before it, digits, ampersands, underscores, small letters, or nothing behind the colon make no header', () => {
    const report =
      '\n FINDINGS: a\nIMPRESSION: b\n CHEST 2 VIEWS: c\n A & B: d\n A_B: e\n Impression: f\n HISTORY:g\n';
    expect(names(report)).toEqual(['preamble', 'findings']);
    expect(names('\n HISTORY: a\n FINDINGS:')).toEqual(['preamble', 'history']);
  });

  it('an all-capital line with a colon ends the findings', () => {
    expect(parts('\n FINDINGS: a\n LINES AND TUBES: b\n')[2]).toEqual(['lines and tubes', 'b\n']);
  });

  it("white space behind the colon is Python's", () => {
    expect(names('\n FINDINGS:\u2003a\n')).toEqual(['preamble', 'findings']);
    expect(names('\n FINDINGS:\u0085a\n')).toEqual(['preamble', 'findings']);
    expect(names('\n FINDINGS:\ufeffa\n')).toEqual(['full report']);
  });

  it('findings and impressions without text are left out, other empty sections stay', () => {
    expect(names('\n HISTORY: \n \n FINDINGS: \n \n IMPRESSION: x\n')).toEqual([
      'preamble',
      'history',
      'impression',
    ]);
  });

  it('a report without headers is the full report, an empty one too', () => {
    expect(parts('nothing here')).toEqual([['full report', 'nothing here']]);
    expect(parts('')).toEqual([['full report', '']]);
  });

  it('without findings and impression what follows the first paragraph of the last section is the last paragraph, whose start leaves out the separator', () => {
    expect(parseReportSections('\n HISTORY: a\n \n b\n \n c\n')).toEqual([
      { name: 'preamble', start: 0, text: '\n ' },
      { name: 'history', start: 11, text: 'a' },
      { name: 'last_paragraph', start: 12, text: ' b\n \n c\n' },
    ]);
    expect(names('\n HISTORY: a\n \n b\n IMPRESSION: c\n')).toEqual(['preamble', 'history', 'impression']);
  });
});
