/** How the contrastive model or its probe is trained. */
export interface RclipStageSettings {
  readonly epochs: number;
  /** Epochs of linear rise of the learning rate before the cosine. */
  readonly warmupEpochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** On all parameters. */
  readonly weightDecay: number;
}

/** Settings of pre-training: weights of the parts of the loss too. */
export interface RclipPretrainingSettings extends RclipStageSettings {
  readonly multiViewWeight: number;
  readonly imageWeight: number;
  readonly textWeight: number;
  /** Share of the text encoder's activations that training drops. */
  readonly dropout: number;
}

/** Settings of both stages. */
export interface RclipPreset {
  readonly source: string;
  readonly seed: number;
  /** Whose reports the model reads in pre-training: radiologists', or those that the report model writes. */
  readonly text: 'original' | 'generated';
  readonly pretraining: RclipPretrainingSettings;
  readonly probe: RclipStageSettings;
}

const STAGE: RclipStageSettings = {
  epochs: 5,
  warmupEpochs: 1,
  batchSize: 32,
  learningRate: 5e-5,
  weightDecay: 1e-4,
};

const PRETRAINING: RclipPretrainingSettings = {
  ...STAGE,
  multiViewWeight: 1,
  imageWeight: 1,
  textWeight: 0.5,
  dropout: 0.1,
};

/** Names of {@link RCLIP_PRESETS}. */
export type RclipPresetName = 'rclip-base' | 'rclip-opt';

/** The settings of the CRRG-CLIP paper, Tables 5 and 6, and BERT's dropout. The two differ in the text that they are trained on. */
export const RCLIP_PRESETS: Readonly<Record<RclipPresetName, RclipPreset>> = {
  'rclip-base': {
    source: 'CRRG-CLIP, Tables 5 and 6, R-CLIP-base',
    seed: 1234,
    text: 'original',
    pretraining: PRETRAINING,
    probe: STAGE,
  },
  'rclip-opt': {
    source: 'CRRG-CLIP, Tables 5 and 6, R-CLIP-opt',
    seed: 1234,
    text: 'generated',
    pretraining: PRETRAINING,
    probe: STAGE,
  },
};
