import type { KeyMap, KeyRenaming } from '@crrg/tensor';

/** A LayerNorm, whose parameters old files call gamma and beta. */
function normRows(from: string, to: string): KeyRenaming[] {
  return [
    { from: `${from}.gamma`, to: `${to}.weight`, isOld: true },
    { from: `${from}.beta`, to: `${to}.bias`, isOld: true },
    { from: `${from}.{}`, to: `${to}.{}` },
  ];
}

/** Names inside a BERT encoder, below `prefix`, to ours. Drops the pooler and the position buffer, which nothing reads. */
export function bertKeyMap(prefix: string): KeyMap {
  const ours = 'textEncoder.';
  const layer = `${prefix}encoder.layer.{}`;
  const ourLayer = `${ours}layers.{}`;
  return [
    { from: `${prefix}embeddings.position_ids`, to: null },
    { from: `${prefix}pooler.dense.{}`, to: null },
    { from: `${prefix}embeddings.word_embeddings.weight`, to: `${ours}tokenTable.weight` },
    { from: `${prefix}embeddings.position_embeddings.weight`, to: `${ours}positionTable.weight` },
    { from: `${prefix}embeddings.token_type_embeddings.weight`, to: `${ours}typeTable.weight` },
    ...normRows(`${prefix}embeddings.LayerNorm`, `${ours}embeddingNorm`),
    ...['query', 'key', 'value'].map((name) => ({
      from: `${layer}.attention.self.${name}.{}`,
      to: `${ourLayer}.attention.${name}.{}`,
    })),
    { from: `${layer}.attention.output.dense.{}`, to: `${ourLayer}.attention.output.{}` },
    ...normRows(`${layer}.attention.output.LayerNorm`, `${ourLayer}.attentionNorm`),
    { from: `${layer}.intermediate.dense.{}`, to: `${ourLayer}.ffn.expand.{}` },
    { from: `${layer}.output.dense.{}`, to: `${ourLayer}.ffn.reduce.{}` },
    ...normRows(`${layer}.output.LayerNorm`, `${ourLayer}.ffnNorm`),
  ];
}

/** Heads of a BERT that was pre-trained with masked words and next sentences. */
const PRETRAINING_HEADS: KeyMap = [
  'cls.predictions.bias',
  'cls.predictions.decoder.{}',
  'cls.predictions.transform.dense.{}',
  'cls.predictions.transform.LayerNorm.{}',
  'cls.seq_relationship.{}',
].map((from) => ({ from, to: null }));

/**
 * Names of a Hugging Face BERT (Bio_ClinicalBERT), with or without `bert.`, to the text encoder of `rclipSpecs`. Drops the pre-training
 * heads. Source: docs/reference/checkpoints.md#bio-clinicalbert. The first row that fits counts.
 */
export const BERT_KEY_MAP: KeyMap = [...PRETRAINING_HEADS, ...bertKeyMap('bert.'), ...bertKeyMap('')];
