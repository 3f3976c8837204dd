import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exportGraph } from '@crrg/backend-onnx';
import { float32, parameter, trace, type Ops, type Tensor } from '@crrg/tensor';

/** Words of the tokeniser by number, behind its marks of begin, end and what it does not know. */
export const WORDS = ['[CLS]', '[SEP]', '[UNK]', 'edema', 'effusion', 'clear', 'lungs'];

/** What a tokeniser of whole words is in a file of Hugging Face's. */
function tokenizerJson() {
  const special = (content: string, id: number) => ({
    ...{ id, content, special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
  });
  const mark = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const around = (inner: object[]) => [mark('[CLS]'), ...inner, mark('[SEP]')];
  return {
    version: '1.0',
    added_tokens: WORDS.slice(0, 3).map(special),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: around([{ Sequence: { id: 'A', type_id: 0 } }]),
      pair: around([{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }]),
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((token, id) => [token, { id: token, ids: [id], tokens: [token] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
    },
  };
}

/** Writes an encoder that gives each word a vector, whatever stands beside it, and what `outputs` makes of the vectors `[1, L, width]`. */
export async function writeTextNetwork(
  folder: string,
  table: readonly (readonly number[])[],
  outputs: (ops: Ops, states: Tensor) => Record<string, Tensor>,
): Promise<string> {
  const width = table[0]!.length;
  const graph = trace(
    {
      inputs: { input_ids: { shape: [1, 'L'], dtype: 'int32' } },
      parameters: { table: parameter([table.length, width], { kind: 'constant', value: 0 }) },
    },
    (ops, { inputs, parameters }) => outputs(ops, ops.gather(parameters.get('table'), inputs['input_ids']!, 0)),
  );
  await mkdir(folder, { recursive: true });
  const weights = new Map([['table', float32([table.length, width], table.flat())]]);
  await writeFile(path.join(folder, 'model.onnx'), exportGraph(graph, weights).bytes);
  await writeFile(path.join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson()));
  await writeFile(path.join(folder, 'tokenizer_config.json'), JSON.stringify({ model_max_length: 6 }));
  return folder;
}
