import type { TensorEntry } from '@crrg/checkpoints';
import { CheckpointError, ConfigError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { IMPORT_KINDS, SIGNS, WHOLE_FIRST, type ImportKind } from './kinds.js';
import { findModel, type Tensors } from './state-dicts.js';

/** Entries with these names; nothing is read. */
function file(...names: readonly string[]): Tensors {
  return new Map(names.map((name) => [name, { name } as TensorEntry]));
}

const RESNET = ['conv1.weight', 'bn1.weight', 'layer4.0.conv1.weight', 'fc.weight'];
const below = (prefix: string, names: readonly string[] = RESNET) => names.map((name) => prefix + name);
const find = (names: readonly string[], prefix?: string, kind: ImportKind | 'auto' = 'auto') =>
  findModel(file(...names), { kind, prefix });

describe('the model in a file', () => {
  it.each(WHOLE_FIRST.flatMap((kind) => SIGNS[kind].map((names) => [kind, names] as const)))(
    'is a %s where it has %j',
    (kind, names) => {
      expect(find(below('model/', names)).kind).toBe(kind);
      expect(find(names).kind).toBe(kind);
    },
  );

  it('is looked for under every kind but the image encoder, which looks like another', () => {
    expect([...WHOLE_FIRST].sort()).toEqual(IMPORT_KINDS.filter((kind) => kind !== 'image-encoder').sort());
    expect(find(RESNET, undefined, 'image-encoder').kind).toBe('image-encoder');
  });

  it('is the whole where its parts would do too', () => {
    const clip = ['logit_scale', ...below('image_encoder.resnet.')];
    expect(find(below('model/', clip)).kind).toBe('cxr-clip');
    const probe = ['classifier.classification_head.weight', ...below('image_encoder.resnet.')];
    expect(find(probe).kind).toBe('cxr-clip-probe');
  });

  it.each([
    ['module.'],
    ['model.'],
    ['_orig_mod.'],
    ['net.'],
    ['network.'],
    ['state_dict.'],
    ['model_state_dict.'],
    ['module._orig_mod.'],
    ['_orig_mod.module.'],
    ['model.module.'],
    ['module.model.'],
    ['model._orig_mod.net.'],
    ['_forward_module.module.'],
    ['_fsdp_wrapped_module._checkpoint_wrapped_module.'],
    ['backbone.body.'],
  ])('has the prefix %s taken off, which is said', (prefix) => {
    for (const folder of ['', 'state_dict/', 'model/', 'checkpoint/model_state_dict/']) {
      const { kind, entries, notes } = find(below(folder + prefix));
      expect(kind).toBe('resnet50');
      expect([...entries.keys()]).toEqual(RESNET);
      expect(notes).toEqual([
        ...(folder ? [`took the 4 tensors below ${folder}`] : []),
        `took off the prefix ${prefix} of 4 keys`,
      ]);
    }
  });

  it('keeps each tensor with its name', () => {
    const { entries } = find(below('state_dict/module.'));
    for (const [name, entry] of entries) expect(entry.name).toBe(`state_dict/module.${name}`);
  });

  it('says nothing of a bare state_dict', () => {
    expect(find(RESNET).notes).toEqual([]);
  });

  it('has wrappers of its parts taken out', () => {
    const names = [
      'logit_scale',
      ...below('image_encoder.module.resnet._orig_mod.'),
      'text_encoder.module.text_encoder.embeddings.word_embeddings.weight',
    ];
    const { kind, entries, notes } = find(below('model/', names));
    expect(kind).toBe('cxr-clip');
    expect([...entries.keys()]).toEqual([
      'logit_scale',
      ...below('image_encoder.resnet.'),
      'text_encoder.text_encoder.embeddings.word_embeddings.weight',
    ]);
    expect(notes).toEqual([
      'took the 6 tensors below model/',
      'took off the prefix module._orig_mod. inside the names of 4 keys',
      'took off the prefix module. inside the names of 1 keys',
    ]);
  });

  it('is refused where the same tensor is there with a wrapper and without', () => {
    expect(() => find([...RESNET, ...below('module.')])).toThrow(
      'expected one set of weights, got conv1.weight and module.conv1.weight, the same but for a wrapper',
    );
  });

  it('says what it leaves out, but not the state of the training', () => {
    const names = [
      ...below('state_dict/model.'),
      'state_dict/criterion.weight',
      'state_dict/metric.total',
      'optimizer/state/0/exp_avg',
      'optimizer_states/0/state/0/exp_avg',
      'lr_scheduler/x',
      'scaler/scale',
      'shadow/0',
      'shadow/1',
    ];
    const { entries, notes } = find(names);
    expect([...entries.keys()]).toEqual(RESNET);
    expect(notes.at(-1)).toBe(
      'left out, not of this model: state_dict/criterion (1), state_dict/metric (1), shadow (2)',
    );
    expect(find([...below('state_dict/'), 'optimizer/0']).notes).toEqual([
      'took the 4 tensors below state_dict/',
    ]);
  });

  it('leaves out another kind of model, which is said', () => {
    const { kind, notes } = find([...below('image/'), 'text/bert.embeddings.word_embeddings.weight']);
    expect(kind).toBe('bert');
    expect(notes).toContain('left out, not of this model: image (4)');
  });
});

describe('several state dictionaries', () => {
  it.each([
    [['teacher/', 'student/']],
    [['model/', 'model_ema/']],
    [['state_dict/', 'state_dict_ema/']],
    [['model/', 'ema/model/']],
    [['model/', 'ema/', 'swa/']],
    [['teacher.', 'student.']],
    [['state_dict/module.encoder_q.', 'state_dict/module.encoder_k.']],
    [['model/module.student.', 'model/module.teacher.']],
    [['module.', 'ema.']],
    [['nets/0/', 'nets/1/']],
  ])('%j are refused with the choices', (prefixes) => {
    const names = prefixes.flatMap((prefix) => below(prefix));
    expect(() => find(names)).toThrow(CheckpointError);
    expect(() => find(names)).toThrow(
      `expected one model, got ${prefixes.length} sets of weights of the kind resnet50, below ${prefixes.join(', ')}; choose with \`prefix\` ${prefixes.join(' or `prefix` ')}.`,
    );
    for (const prefix of prefixes) {
      const chosen = find(names, prefix);
      expect([...chosen.entries.values()].map(({ name }) => name)).toEqual(below(prefix));
    }
  });

  it('are refused where one lies inside the other, and the outer one is taken when it is asked for', () => {
    const names = [...below('model/'), ...below('model/ema.')];
    expect(() => find(names)).toThrow('below model/, model/ema.; choose');
    const { entries, notes } = find(names, 'model/');
    expect([...entries.values()].map(({ name }) => name)).toEqual(below('model/'));
    expect(notes).toEqual(['left out, not of this model: ema (4)']);
    expect(find([...RESNET, ...below('ema.')], '').entries.size).toBe(4);
  });

  it('may be named without the last sign', () => {
    const names = [...below('teacher/'), ...below('student.')];
    expect([...find(names, 'teacher').entries.values()][0]!.name).toBe('teacher/conv1.weight');
    expect([...find(names, 'student').entries.values()][0]!.name).toBe('student.conv1.weight');
    expect(() => find(names, 'teach')).toThrow(ConfigError);
    expect(() => find(names, 'teach')).toThrow('got "teach"; names start with teacher/, student.');
  });

  it('need a choice also where the one model stands beside other tensors', () => {
    const names = [...below('backbone.body.'), 'roi_heads.mask.weight'];
    expect(() => find(names)).toThrow(
      'got a resnet50 below backbone.body., beside other tensors; choose with `prefix` backbone.body.',
    );
    expect(find(names, 'backbone.body.').kind).toBe('resnet50');
  });

  it('are no choice where nothing is recognised', () => {
    expect(() => find(['a.weight', 'b.weight'])).toThrow(
      'got a.weight, b.weight ...; use a file of a known layout.',
    );
    expect(() => find([])).toThrow('got no tensors ...');
    expect(() => find(RESNET, undefined, 'gpt2')).toThrow('expected a file of kind gpt2, got conv1.weight');
  });
});
