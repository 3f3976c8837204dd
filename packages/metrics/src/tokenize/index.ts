export { ptbTokens, tokenizePtb, type PtbOptions } from './ptb.js';
export { tokenizeRgrg } from './rgrg.js';
export { tokenize, type Tokenizer } from './tokenizer.js';
