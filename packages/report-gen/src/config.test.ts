import { describe, expect, it } from 'vitest';
import { DEFAULT_REPORT_GEN_CONFIG, parseReportGenConfig } from './config.js';
import { baseSpecs, imageSpecs, reportGenSpecs } from './specs.js';
import { countParameters } from '@crrg/tensor';

describe('the configuration of the sentence generator', () => {
  it('completes missing fields with the published architecture', () => {
    expect(parseReportGenConfig({ numLayers: 2 })).toEqual({ ...DEFAULT_REPORT_GEN_CONFIG, numLayers: 2 });
  });

  it('names every bad and unknown field in one error', () => {
    const parse = () => parseReportGenConfig({ numLayers: 0, positionTable: 'sine', depth: 3 });
    expect(parse).toThrow(
      /depth is not a field; numLayers must be a positive integer, got 0; positionTable must be/,
    );
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])(
    'has no field "%s" although every object inherits one',
    (field) => {
      expect(() => parseReportGenConfig(JSON.parse(`{"${field}": 1}`))).toThrow(`${field} is not a field`);
    },
  );

  it('refuses heads that do not divide the width and token ids outside the vocabulary', () => {
    const parse = () => parseReportGenConfig({ numHeads: 7, eosTokenId: 60000 });
    expect(parse).toThrow(/width must be a multiple of numHeads, got 1024 and 7; eosTokenId must be below/);
    const tokens = { bosTokenId: 0, padTokenId: 0, vocabSize: 2000 };
    expect(() => parseReportGenConfig({ ...tokens, eosTokenId: 2000 })).toThrow('eosTokenId must be below');
    expect(parseReportGenConfig({ ...tokens, eosTokenId: 1999 }).eosTokenId).toBe(1999);
  });

  it('needs rows of the token table for all positions only where they are looked up there', () => {
    const tokens = { bosTokenId: 0, eosTokenId: 0, padTokenId: 0, vocabSize: 500 };
    expect(() => parseReportGenConfig(tokens)).toThrow('numPositions must not exceed vocabSize 500');
    expect(parseReportGenConfig({ ...tokens, positionTable: 'position' }).numPositions).toBe(1024);
  });
});

describe('the parameters of the sentence generator', () => {
  it('number as published, the dead position table left out', () => {
    const deadPositionTable = 1024 * 1024;
    expect(countParameters(imageSpecs(DEFAULT_REPORT_GEN_CONFIG))).toBe(50_380_800 + 2_099_200);
    expect(countParameters(baseSpecs(DEFAULT_REPORT_GEN_CONFIG))).toBe(354_823_168 - deadPositionTable);
    const trained = { ...DEFAULT_REPORT_GEN_CONFIG, positionTable: 'position' as const };
    expect(countParameters(baseSpecs(trained))).toBe(354_823_168);
  });

  it('learn only where the image comes in, unless the base is trained too', () => {
    const config = parseReportGenConfig({ numLayers: 1 });
    const trainable = Object.entries(reportGenSpecs(config)).filter(([, spec]) => spec.trainable);
    expect(trainable.map(([name]) => name)).toEqual(Object.keys(imageSpecs(config)));
    expect(Object.values(reportGenSpecs(config, { trainBase: true })).every((spec) => spec.trainable)).toBe(
      true,
    );
  });
});
