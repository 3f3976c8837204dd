import { describe, expect, it } from 'vitest';
import { normalizeSectionName } from './section-names.js';

describe('a header of a report', () => {
  it('has the name of the table, misspelt and without its first letter too', () => {
    const cases: [string, string][] = [
      ['CONCLUSION', 'impression'],
      ['NDICATION', 'impression'],
      ['FINDINGS/ IMPRESSION', 'impression'],
      ['FINIDNGS', 'findings'],
      ['CHEST, TWO VIEWS', 'findings'],
      ['COMPARSION', 'comparison'],
      ['REASON FOR EXAM', 'indication'],
      ['PFI', 'history'],
      ['TYPE OF EXAMINATION', 'examination'],
      ['RECOMMENDATION(S)', 'recommendations'],
      ['WETREAD', 'wet read'],
      [' technique ', 'technique'],
    ];
    for (const [header, name] of cases)
      expect([header, normalizeSectionName(header)]).toEqual([header, name]);
  });

  it('"findings and impression" is impression, so that such a report has no findings', () => {
    expect(normalizeSectionName('FINDINGS AND IMPRESSION')).toBe('impression');
    expect(normalizeSectionName('FINDINGS/IMPRESSION')).toBe('impression');
  });

  it('has the first of impression, findings, history, comparison, addendum that it contains', () => {
    expect(normalizeSectionName('COMPARISON OF FINDINGS')).toBe('findings');
    expect(normalizeSectionName('ADDENDUM TO IMPRESSION')).toBe('impression');
    expect(normalizeSectionName('COMPARISON AND HISTORY')).toBe('history');
    expect(normalizeSectionName('SECOND ADDENDUM')).toBe('addendum');
    expect(normalizeSectionName('PORTABLE COMPARISON')).toBe('comparison');
  });

  it('"ADDENDUM TO FINDINGS" is findings', () => {
    expect(normalizeSectionName('ADDENDUM TO FINDINGS')).toBe('findings');
  });

  it('with chest, portable, ribs and other titles becomes findings, even inside a word and for the reason of the examination', () => {
    const titles = [
      'REASON FOR PORTABLE CHEST',
      'INDICATION FOR CHEST',
      'CRIBS',
      'PORTABLES',
      'BONE WINDOWS',
    ];
    const views = [
      'LATERAL AND PA',
      'AP AND LATERAL',
      'FRONTAL SEMI-UPRIGHT',
      'PA AND LAT',
      'TWO VIEWS',
      'ONE VIEW',
    ];
    for (const header of [...titles, ...views])
      expect([header, normalizeSectionName(header)]).toEqual([header, 'findings']);
  });

  it('stays as it is, in small letters, where no rule knows it', () => {
    expect(normalizeSectionName('VIEWS')).toBe('views');
    expect(normalizeSectionName('FINDING(S)')).toBe('finding(s)');
  });
});
