import { describe, expect, it } from 'vitest';
import { splitReport } from './sentences.js';

describe('a report is split', () => {
  it.each<[string, string, string[]]>([
    ['behind full stops', 'No edema. Effusion!', ['no edema', 'effusion']],
    ['behind a full stop without a blank', 'Effusion.No edema', ['effusion', 'no edema']],
    ['not inside a number', 'A nodule of 1.5 cm', ['a nodule of 1.5 cm']],
    ['not behind an abbreviation', 'Dr. Lee saw, e.g. edema', ['dr lee saw , e.g edema']],
    [
      'behind a time before a capital only',
      'At 4 p.m. today. At 4 p.m. No edema',
      ['at 4 p.m today', 'at 4 p.m', 'no edema'],
    ],
    ['behind "no." unless a number follows', 'Edema: no. Rib no. 4', ['edema : no', 'rib number 4']],
    [
      'at semicolons and list marks',
      '1. Edema; clear\n2) Effusion\n- Mass',
      ['edema', 'clear', 'effusion', 'mass'],
    ],
    ['at marks within a line', '1) Edema 2) Effusion', ['edema', 'effusion']],
    [
      'at every kind of line end',
      'No edema\rNo mass\r\nNo fracture\u2028No effusion',
      ['no edema', 'no mass', 'no fracture', 'no effusion'],
    ],
    [
      'not where a line is wrapped',
      'No edema or\nEffusion in the right\nlung',
      ['no edema or effusion in the right lung'],
    ],
  ])('%s', (_, report, sentences) => {
    expect(splitReport(report)).toEqual(sentences);
  });

  it('with shorthand, contractions and typographic marks written out', () => {
    expect(
      splitReport('Can\u2019t exclude edema w/o effusion, r/o mass s/p lobectomy & isn\u2019t seen'),
    ).toEqual([
      'can not exclude edema without effusion , rule out mass status post lobectomy and is not seen',
    ]);
    expect(splitReport('Effusion\u2014small [left] \u201cnew\u201d, ?mass')).toEqual([
      'effusion - small ( left ) new , possible mass',
    ]);
    expect(splitReport('Pneumonia? Edema? No.')).toEqual(['pneumonia ?', 'edema : no']);
  });
});

describe('a text without full stops', () => {
  it('is cut at commas, else at blanks, and nothing of it is lost', () => {
    const words = 'no pleural effusion '.repeat(200);
    const parts = splitReport(words);
    expect(parts.join(' ')).toBe(words.trim());
    expect(Math.max(...parts.map((part) => part.length))).toBe(999);
    expect(splitReport(`${'lung '.repeat(180)}, ${'base '.repeat(180)}`)).toEqual([
      'lung '.repeat(180).trim(),
      'base '.repeat(180).trim(),
    ]);
    expect(splitReport('x'.repeat(2500)).map((part) => part.length)).toEqual([1000, 1000, 500]);
  });
});

describe('sections about what was asked', () => {
  it.each<[string, string, string[]]>([
    ['end at the next section', 'HISTORY: Edema. Cough. FINDINGS: Mass.', ['findings : mass']],
    ['end at a blank line where none follows', 'Indication: edema\nand cough\n\nMass.', ['mass']],
    ['end with their line where no blank line follows', 'Reason for exam: edema.\nMass.', ['mass']],
    ['end with their sentence on a single line', 'Comparison: edema. Mass.', ['mass']],
    [
      'may follow each other',
      'HISTORY: Edema.\nTECHNIQUE: AP.\nCOMPARISON: Mass.\nIMPRESSION: Effusion.',
      ['impression : effusion'],
    ],
    [
      'are known by their whole name',
      'History of edema: stable. Heart: normal.',
      ['history of edema : stable', 'heart : normal'],
    ],
  ])('%s', (_, report, sentences) => {
    expect(splitReport(report)).toEqual(sentences);
  });
});
