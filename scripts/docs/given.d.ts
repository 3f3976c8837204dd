// What an example may use without saying where it is from: the caller's own data. Not part of the repository's program (tsconfig.json); a
// name that means different things in different examples is `any`. What a package of ours exports is never given: examples import it.
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/consistent-type-imports */

declare const backend: import('@crrg/tensor').Backend;
declare const graph: import('@crrg/tensor').Graph;
declare const ops: import('@crrg/tensor').Ops;
declare const stateDict: import('@crrg/tensor').StateDict;
declare const weights: import('@crrg/tensor').StateDict;
declare const weight: import('@crrg/tensor').HostTensor;

declare const path: typeof import('node:path');
declare const random: import('@crrg/core').Random;
declare const readFile: typeof import('node:fs/promises').readFile;
declare const writeFile: typeof import('node:fs/promises').writeFile;

declare const bytes: Uint8Array;
declare const pipeline: import('@crrg/pipeline').ReportPipeline<string>;
declare const fileInput: { readonly files: readonly File[] };
declare const files: readonly string[];
declare const film: import('@crrg/image').GreyImage;
declare const message: string;
declare const pixels: Float32Array;

declare const candidates: readonly string[];
declare const labels: readonly number[];
declare const otherCandidates: readonly string[];
declare const patients: readonly string[];
declare const references: readonly string[];
declare const scores: readonly number[];
declare const sentences: readonly string[];
declare const trainingReports: readonly string[];
declare const mergesText: string;
declare const vocabJson: string;
declare const vocabTxt: string;

declare const about: any;
declare const answers: any;
declare const batchesOf: (rows: any) => Iterable<any>;
declare const box: any;
declare const bundle: any;
declare const candidate: any;
declare const checkpoint: import('@crrg/checkpoints').Checkpoint;
declare const config: any;
declare const content: any;
declare const data: (epoch: number, random: any) => Iterable<any>;
declare const detectorSpecs: any;
declare const evaluate: any;
declare const evaluation: any;
declare const films: readonly any[];
declare const firstImage: any;
declare const fragment: any;
declare const graphs: any;
declare const groundTruth: any;
declare const image: any;
declare const images: any;
declare const input: any;
declare const inputSize: any;
declare const inputs: any;
declare const isDetected: any;
declare const keyMap: any;
declare const load: any;
declare const model: any;
declare const objects: any;
declare const options: any;
declare const otherGraphs: any;
declare const otherRows: any;
declare const parameters: any;
declare const predicted: any;
declare const preprocessing: any;
declare const provenance: any;
declare const reference: any;
declare const regionFeatures: any;
declare const regions: any;
declare const report: any;
declare const reports: readonly any[];
declare const roots: any;
declare const rougeOfOurs: any;
declare const rougeOfTheirs: any;
declare const rows: any;
declare const rpnOutput: any;
declare const selectorSpecs: any;
declare const settings: any;

declare const specs: any;
declare const start: any;
declare const step: any;
declare const store: any;
declare const studies: readonly any[];
declare const study: import('@crrg/rclip').Study<import('@crrg/image').RgbImage>;
declare const targets: any;
declare const tokenizer: any;
declare const train: any;
declare const valid: any;
declare const vocabulary: any;
declare const x: any;
declare const y: any;

declare const mean: (values: readonly number[]) => number;
declare const pick: <T>(values: readonly T[], indices: Uint32Array) => T[];
declare const recallOf: (sample: any) => number;
declare const scoresOf: any;
declare const work: () => Promise<void>;
declare const write: (bytes: Uint8Array) => Promise<void>;
declare const answer: (status: number, body: unknown) => void;
declare const signal: AbortSignal;
