import { createRandom } from '@crrg/core';
import { labelReport } from '@crrg/metrics';
import { describe, expect, it } from 'vitest';
import { tinyConfig } from './config.js';
import { clinicalFindings } from './nih-findings.js';
import { allPhrases, isSick, regionTargets } from './phrases.js';
import { phraseTokens, trainTokenizer } from './text.js';

const spoken = (labels: readonly string[] | undefined, seed = 1) =>
  regionTargets(labels, createRandom(seed)).flatMap(({ phrase }) => phrase ?? []);

describe('the phrases of the demonstration model', () => {
  const isAbnormal = (phrase: string) => labelReport(phrase).labels['No Finding'] !== 'positive';
  const { vocabulary, tokenizer } = trainTokenizer();
  const tokens = (phrases: readonly string[]) =>
    phrases.map((phrase) => phraseTokens(phrase, tokenizer, tinyConfig(vocabulary).reportGen));
  const sick = tokens(allPhrases().filter(isAbnormal));
  const healthy = tokens(allPhrases().filter((phrase) => !isAbnormal(phrase)));

  it('are as many for sick and healthy lungs, of the same lengths, with a first word for each', () => {
    const lengths = (of: readonly number[][]) => of.map(({ length }) => length).sort();
    expect(lengths(sick)).toEqual(lengths(healthy));
    const first = (of: readonly number[][]) => [...new Set(of.map((ids) => ids[1]))];
    expect(first(sick)).toHaveLength(1);
    expect(first(healthy)).toHaveLength(1);
    expect(first(sick)).not.toEqual(first(healthy));
  });

  it('tell one story of both lungs, and none of a film whose labels are not known', () => {
    for (let seed = 0; seed < 20; seed++) {
      expect(spoken(['Infiltration'], seed).map(isAbnormal)).toEqual([true, true]);
      expect(spoken(['No Finding'], seed).map(isAbnormal)).toEqual([false, false]);
    }
    expect(spoken(undefined)).toEqual([]);
  });

  it('make the lungs and their zones abnormal, nothing else', () => {
    const abnormal = (labels: readonly string[]) =>
      regionTargets(labels, createRandom(1)).filter((target) => target.isAbnormal).length;
    expect([abnormal(['Pneumonia']), abnormal(['No Finding']), abnormal(['Cardiomegaly'])]).toEqual([
      8, 0, 0,
    ]);
    expect(isSick(['Cardiomegaly', 'Consolidation'])).toBe(true);
  });
});

describe('labels of NIH films', () => {
  it('are the findings of CheXpert that they stand for, and an opacity where they show one', () => {
    const findings = clinicalFindings(['Edema', 'Effusion', 'Emphysema']);
    const present = Object.keys(findings).filter((name) => findings[name as keyof typeof findings]);
    expect(present.sort()).toEqual(['Edema', 'Lung Opacity', 'Pleural Effusion']);
    expect(findings.Fracture).toBeUndefined();
    expect(clinicalFindings(['No Finding'])['No Finding']).toBe(true);
  });
});
