import type { KeyMap } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { parseReportGenConfig } from '../config.js';
import { baseSpecs, reportGenSpecs } from '../specs.js';
import { gpt2KeyMap } from './gpt2.js';
import { rgrgAliasNames, rgrgOriginalName, rgrgReportGenKeyMap } from './rgrg.js';

const config = parseReportGenConfig({ numLayers: 2 });

/** The first row that fits; undefined where none does. */
function rename(name: string, map: KeyMap): string | null | undefined {
  for (const { from, to } of map) {
    const match = new RegExp(`^${from.replaceAll('.', '\\.').replaceAll('{}', '([^.]+)')}$`).exec(name);
    if (!match) continue;
    let hole = 1;
    return to === null ? null : to.replaceAll('{}', () => match[hole++]!);
  }
  return undefined;
}

const renameAll = (names: readonly string[], map: KeyMap) => names.map((name) => rename(name, map));
const taken = (renamed: readonly (string | null | undefined)[]) =>
  renamed.filter((name) => typeof name === 'string');

const both = (name: string) => [`${name}.weight`, `${name}.bias`];
const layerNames = ['ln_1', 'attn.c_attn', 'attn.c_proj', 'ln_2', 'mlp.c_fc', 'mlp.c_proj'].flatMap(both);
const adapterNames = ['attn.uk', 'attn.uv'].flatMap(both);
const outside = ['wte.weight', 'wpe.weight', 'ln_f.weight', 'ln_f.bias'];

function gpt2Names(prefix: string): string[] {
  const layer = [...layerNames, 'attn.bias', 'attn.masked_bias'];
  return [...outside, ...['h.0', 'h.1'].flatMap((block) => layer.map((name) => `${block}.${name}`))].map(
    (name) => prefix + name,
  );
}

/** All names of a full RGRG checkpoint's language model: 54 per layer and 18 more, with the aliases. */
function rgrgNames(): string[] {
  const layer = [...layerNames, ...adapterNames, 'attn.causal_mask', 'attn.mask_out_value'];
  const transformer = [
    ...outside,
    ...['h.0', 'h.1'].flatMap((block) => layer.map((name) => `${block}.${name}`)),
  ];
  const position: Record<string, string> = { ln_1: '0', attn: '1', ln_2: '2', mlp: '3' };
  const blocks = ['0', '1'].flatMap((block) =>
    layer.map((name) => `gpt2_blocks.${block}.${name.replace(/^[^.]+/, (part) => position[part]!)}`),
  );
  return [
    ...transformer.map((name) => `gpt_with_lm_head.transformer.${name}`),
    'gpt_with_lm_head.lm_head.weight',
    ...transformer.map((name) => `gpt.${name}`),
    ...blocks,
    ...['wte.weight', 'wpe.weight', 'final_layernorm.weight', 'final_layernorm.bias', 'lm_head.weight'],
    ...['feature_space_transformation_nn.0', 'feature_space_transformation_nn.2'].flatMap(both),
  ].map((name) => `language_model.${name}`);
}

describe('the key map of RGRG', () => {
  it('knows every name and takes each of our parameters once, aliases and buffers dropped', () => {
    const names = rgrgNames();
    expect(names.length).toBe(54 * 2 + 18);
    const renamed = renameAll(names, rgrgReportGenKeyMap(config));
    expect(renamed).not.toContain(undefined);
    expect(taken(renamed).sort()).toEqual(Object.keys(reportGenSpecs(config)).sort());
  });

  it('takes the position table only where the configuration reads it', () => {
    const own = { ...config, positionTable: 'position' as const };
    const renamed = renameAll(rgrgNames(), rgrgReportGenKeyMap(own));
    expect(taken(renamed).sort()).toEqual(Object.keys(reportGenSpecs(own)).sort());
  });
});

describe('the key map of GPT-2', () => {
  it.each(['', 'transformer.'])('takes all but the image projections, with the prefix "%s"', (prefix) => {
    const own = { ...config, positionTable: 'position' as const };
    const renamed = renameAll([...gpt2Names(prefix), 'lm_head.weight'], gpt2KeyMap(own));
    expect(renamed).not.toContain(undefined);
    expect(taken(renamed).sort()).toEqual(Object.keys(baseSpecs(own)).sort());
  });

  it('tells the bias of a projection from the mask buffer of the same last name', () => {
    const map = gpt2KeyMap(config);
    expect(rename('transformer.h.1.attn.bias', map)).toBeNull();
    expect(rename('transformer.h.1.attn.c_attn.bias', map)).toBe('layers.1.attention.qkv.bias');
  });
});

describe('the originals of aliases', () => {
  it('are names that the key map of RGRG takes, for every alias but those of the dead position table', () => {
    const map = rgrgReportGenKeyMap(config);
    const names = new Set(rgrgNames());
    const aliases = rgrgNames().filter((name) => rgrgOriginalName(name) !== undefined);
    for (const name of aliases) {
      const original = rgrgOriginalName(name)!;
      expect(rename(name, map), name).toBeNull();
      expect(names.has(original), original).toBe(true);
      expect(original.split('.').at(-1)).toBe(name.split('.').at(-1));
    }
    const dropped = rgrgNames().filter((name) => rename(name, map) === null);
    const others = dropped.filter((name) => !aliases.includes(name));
    expect(others.every((name) => /wpe\.weight|causal_mask|mask_out_value/.test(name))).toBe(true);
  });

  it('are found by position in the list of blocks', () => {
    const of = (name: string) => rgrgOriginalName(`language_model.${name}`);
    const start = 'language_model.gpt_with_lm_head.transformer.';
    expect(of('gpt2_blocks.1.0.bias')).toBe(`${start}h.1.ln_1.bias`);
    expect(of('gpt2_blocks.0.1.c_attn.weight')).toBe(`${start}h.0.attn.c_attn.weight`);
    expect(of('gpt2_blocks.0.2.weight')).toBe(`${start}h.0.ln_2.weight`);
    expect(of('gpt.ln_f.bias')).toBe(`${start}ln_f.bias`);
    expect(of('final_layernorm.bias')).toBe(`${start}ln_f.bias`);
    expect(of('lm_head.weight')).toBe(`${start}wte.weight`);
    expect(of('gpt_with_lm_head.transformer.wte.weight')).toBeUndefined();
    expect(rgrgOriginalName('lm_head.weight')).toBeUndefined();
  });

  it('are every further name of theirs, each once', () => {
    const aliases = rgrgNames().filter((name) => rgrgOriginalName(name) !== undefined);
    const originals = new Set(aliases.map((name) => rgrgOriginalName(name)!));
    const found = [...originals].flatMap((original) => rgrgAliasNames(original));
    expect(found.sort()).toEqual(aliases.sort());
    expect(rgrgAliasNames('language_model.feature_space_transformation_nn.0.weight')).toEqual([]);
  });
});
