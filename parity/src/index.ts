/** What benchmarks and scripts use of a golden folder: its generated weights, and our configurations and names of them. */
export { openWeights, type WeightSource } from './golden/weights.js';
export { numberTokenizer } from './models/report-gen/number-tokenizer.js';
export { rrgModelOf } from './models/rrg/setup.js';
