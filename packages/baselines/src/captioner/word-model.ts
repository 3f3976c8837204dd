import { int32, type BackendTensor, type Executable, type HostTensor } from '@crrg/tensor';
import { readCandidates, type Candidates, type StepInput, type StepModel } from '@crrg/report-gen';
import type { CaptionerConfig } from './config.js';
import { contextNames } from './graphs.js';

/** The graphs of a captioner, compiled. */
export interface CaptionerGraphs {
  readonly images: Executable;
  readonly word: Executable;
}

/** A {@link StepModel} that owns what the LSTM remembers, on the backend's device. */
export interface WordModel extends StepModel {
  dispose(): void;
}

/** Sees images `[B, 3, S, S]`, ready for the first word of each. */
export async function startWordModel(
  { images: imagesGraph, word }: CaptionerGraphs,
  config: CaptionerConfig,
  images: HostTensor<'float32'>,
): Promise<WordModel> {
  const held: Record<string, BackendTensor> = { ...(await imagesGraph.run({ images })) };
  /** Image of each sequence of the step before, and how many captions each had. */
  let imageOf = Array.from({ length: images.shape[0]! }, (_, image) => image);
  let captionsEach = 1;

  const replace = (outputs: Readonly<Record<string, BackendTensor>>) => {
    for (const name of ['hidden', 'cell']) {
      held[name]!.dispose();
      held[name] = outputs[name]!;
    }
  };

  const step = async (sequences: readonly StepInput[]): Promise<Candidates[]> => {
    const beams = sequences[0]!.tokenIds.length;
    const rows = sequences.flatMap(({ previousSequence, parents }) =>
      parents.map((parent) => previousSequence * captionsEach + parent),
    );
    imageOf = sequences.map(({ previousSequence }) => imageOf[previousSequence]!);
    const wordIds = sequences.flatMap(({ tokenIds }) => tokenIds);
    const looks = contextNames(config).length > 0;
    const outputs = await word.run({
      ...held,
      wordIds: int32([rows.length, 1], wordIds),
      rows: int32([rows.length], rows),
      ...(looks && {
        images: int32(
          [rows.length],
          imageOf.flatMap((image) => Array.from({ length: beams }, () => image)),
        ),
      }),
    });
    replace(outputs);
    captionsEach = beams;
    return readCandidates(outputs, {
      sequences: sequences.length,
      beams,
      where: 'baselines.describe',
      model: 'captioner',
    });
  };

  const dispose = () => {
    for (const tensor of Object.values(held)) tensor.dispose();
  };
  return { step, dispose };
}
