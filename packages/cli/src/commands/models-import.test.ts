import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeSafetensors } from '@crrg/checkpoints';
import { createRandom } from '@crrg/core';
import { encodePng, greyImage } from '@crrg/image';
import { float32, type HostTensor } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MICRO_HINTS, microTensors, writeMicroCheckpoint } from '../__fixtures__/micro-checkpoint.js';
import { run } from '../__fixtures__/run.js';

let folder: string;
const inside = (...names: string[]) => path.join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-import-'));
  await writeMicroCheckpoint(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Imports tensors into a bundle of the same name. */
async function importFile(name: string, tensors: ReadonlyMap<string, HostTensor>, ...options: string[]) {
  await mkdir(path.dirname(inside(name)), { recursive: true });
  await writeFile(inside(name), encodeSafetensors(new Map(tensors)));
  return run(['models', 'import', inside(name), '--out', inside(`${name}-bundle`), ...options]);
}

const prefixed = (prefix: string, tensors: ReadonlyMap<string, HostTensor>) =>
  new Map([...tensors].map(([name, tensor]) => [prefix + name, tensor]));

const configOf = async (bundle: string) =>
  (JSON.parse(await readFile(inside(bundle, 'manifest.json'), 'utf8')) as { config: unknown }).config;

/** The smallest GPT-2 under Hugging Face's names: two layers of width 8. */
function gpt2Tensors(): Map<string, HostTensor> {
  const random = createRandom(6);
  const tensor = (...shape: number[]) =>
    float32(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    );
  const layer = (at: number) =>
    Object.entries({
      'ln_1.weight': tensor(8),
      'ln_1.bias': tensor(8),
      'ln_2.weight': tensor(8),
      'ln_2.bias': tensor(8),
      'attn.c_attn.weight': tensor(8, 24),
      'attn.c_attn.bias': tensor(24),
      'attn.c_proj.weight': tensor(8, 8),
      'attn.c_proj.bias': tensor(8),
      'mlp.c_fc.weight': tensor(8, 16),
      'mlp.c_fc.bias': tensor(16),
      'mlp.c_proj.weight': tensor(16, 8),
      'mlp.c_proj.bias': tensor(8),
    }).map(([name, value]) => [`transformer.h.${at}.${name}`, value] as const);
  return new Map<string, HostTensor>([
    ['transformer.wte.weight', tensor(20, 8)],
    ['transformer.wpe.weight', tensor(12, 8)],
    ['transformer.ln_f.weight', tensor(8)],
    ['transformer.ln_f.bias', tensor(8)],
    ...layer(0),
    ...layer(1),
  ]);
}

describe('crrg models import of wrapped names', () => {
  it('takes the prefixes off, says so on stderr, and gives the same bundle', async () => {
    const hints = ['--config', inside('config-hints.json'), '--name', 'micro'];
    const plain = await importFile('plain.safetensors', microTensors(), ...hints);
    const tensors = prefixed('state_dict/model.module.', microTensors());
    const { code, stderr } = await importFile('wrapped.safetensors', tensors, ...hints);
    expect({ code, stderr, plain: plain.stderr }).toEqual({
      code: 0,
      stderr: `crrg: note: took the ${tensors.size} tensors below state_dict/\ncrrg: note: took off the prefix model.module. of ${tensors.size} keys\n`,
      plain: '',
    });
    const weights = (name: string) => readFile(inside(`${name}.safetensors-bundle`, 'weights.safetensors'));
    expect((await weights('wrapped')).equals(await weights('plain'))).toBe(true);
    const quiet = await importFile('quiet.safetensors', tensors, ...hints, '--quiet');
    expect(quiet).toMatchObject({ code: 0, stderr: '' });
  });

  it('refuses two models in one file, and takes the one that --prefix names', async () => {
    const student = gpt2Tensors();
    student.set('transformer.ln_f.bias', float32([8], new Array<number>(8).fill(7)));
    const both = new Map([...prefixed('teacher/', gpt2Tensors()), ...prefixed('student/', student)]);
    const refused = await importFile('two/both.safetensors', both);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toBe(
      'crrg: expected one model, got 2 sets of weights of the kind gpt2, below student/, teacher/; choose with --prefix student/ or --prefix teacher/.\n',
    );
    const chosen = await importFile('two/chosen.safetensors', both, '--prefix', 'student');
    expect(chosen.code).toBe(0);
    const bytes = await readFile(inside('two/chosen.safetensors-bundle', 'weights.safetensors'));
    expect(bytes.includes(Buffer.from(new Float32Array(8).fill(7).buffer))).toBe(true);
    expect((await importFile('two/typo.safetensors', both, '--prefix', 'pupil')).code).toBe(2);
  });
});

describe('crrg models import of a Hugging Face model', () => {
  async function importFolder(name: string, config: object, tensors = gpt2Tensors()) {
    await mkdir(inside(name), { recursive: true });
    await writeFile(inside(name, 'config.json'), JSON.stringify(config));
    await writeFile(inside(name, 'model.safetensors'), encodeSafetensors(tensors));
    return run(['models', 'import', inside(name), '--out', inside(`${name}-bundle`)]);
  }

  it('reads heads, epsilon and special tokens from its config.json', async () => {
    const config = {
      model_type: 'gpt2',
      n_head: 4,
      layer_norm_epsilon: 0.1,
      eos_token_id: 3,
      bos_token_id: 2,
    };
    expect(await importFolder('gpt2', config)).toMatchObject({ code: 0, stderr: '' });
    expect(await configOf('gpt2-bundle')).toMatchObject({
      part: 'gpt2',
      reportGen: {
        numHeads: 4,
        layerNormEpsilon: 0.1,
        bosTokenId: 2,
        eosTokenId: 3,
        padTokenId: 3,
        numLayers: 2,
      },
    });
  });

  it('refuses settings that the model does not have, all by name', async () => {
    const { code, stderr } = await importFolder('other', {
      activation_function: 'relu',
      n_head: 4,
      n_layer: 3,
    });
    expect(code).toBe(1);
    expect(stderr).toContain(
      'got activation_function "relu" (only "gelu_new"), n_layer 3 (the tensors say 2);',
    );
  });

  it('refuses a head of its own and takes one that equals the token table', async () => {
    const tied = gpt2Tensors();
    const table = tied.get('transformer.wte.weight')!;
    tied.set('lm_head.weight', { ...table, data: Float32Array.from(table.data) });
    expect((await importFolder('tied', { n_head: 4 }, tied)).code).toBe(0);
    const data = Float32Array.from(table.data);
    data[159]! += 1;
    tied.set('lm_head.weight', { ...table, data } as HostTensor);
    const { code, stderr } = await importFolder('untied', { n_head: 4, tie_word_embeddings: false }, tied);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'expected lm_head.weight to be the same as transformer.wte.weight, got another tensor',
    );
  });

  it('reads no config.json beside a file of another name or another kind of model', async () => {
    await mkdir(inside('downloads'), { recursive: true });
    await writeFile(inside('downloads/config.json'), '{"model_type": "bert", "num_attention_heads": 8}');
    const gpt2 = await importFile('downloads/gpt2.bin', gpt2Tensors());
    expect(gpt2.stderr).toContain('not in the file, assumed: reportGen.numHeads 1; set with --config');
    const { detector } = MICRO_HINTS;
    const hints = { detector: { anchors: detector.anchors }, reportGen: { positionTable: 'position' } };
    await writeFile(inside('hints.json'), JSON.stringify(hints));
    const rgrg = await importFile('downloads/rgrg.pt', microTensors(), '--config', inside('hints.json'));
    expect(rgrg.stderr).toContain('assumed: detector.imageSize 512; reportGen.numHeads 1;');
  });

  it('refuses copies in an RGRG file that differ from what they copy', async () => {
    const name = 'language_model.gpt2_blocks.0.3.c_fc.bias';
    const original = microTensors().get('language_model.gpt_with_lm_head.transformer.h.0.mlp.c_fc.bias')!;
    const hints = ['--config', inside('config-hints.json')];
    const same = new Map(microTensors()).set(name, { ...original, data: Float32Array.from(original.data) });
    expect((await importFile('same.pt', same, ...hints)).code).toBe(0);
    const data = Float32Array.from(original.data, (value) => value + 1);
    const other = new Map(microTensors()).set(name, { ...original, data } as HostTensor);
    const { code, stderr } = await importFile('differs.pt', other, ...hints);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `expected ${name} to be the same as language_model.gpt_with_lm_head.transformer.h.0.mlp`,
    );
  });
});

describe('a part where a whole model is needed', () => {
  it('is called a part', async () => {
    expect((await importFile('parts/part.safetensors', gpt2Tensors())).code).toBe(0);
    const film = inside('film.png');
    const random = createRandom(1);
    const pixels = Uint8Array.from({ length: 120 * 100 }, () => random.integer(256));
    await writeFile(film, encodePng(greyImage(120, 100, pixels)));
    const report = await run(['report', film, '--model', inside('parts/part.safetensors-bundle')]);
    expect(report.stderr).toContain(
      'expected a report model, got part, which is the part gpt2 alone, for training; give an rgrg bundle.',
    );
    const classify = await run(['classify', film, '--model', inside('parts/part.safetensors-bundle')]);
    expect(classify.stderr).toContain(
      'got part, which is the part gpt2 alone, for training; give a cxr-clip',
    );
    expect([report.code, classify.code]).not.toContain(0);
  });
});
