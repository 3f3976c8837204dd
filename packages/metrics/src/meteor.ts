export { MetricsError, type MetricsErrorCode } from './errors.js';
export { FUNCTION_WORDS } from './meteor/function-words.js';
export { LEXICON_NAME, loadLexicon, type Lexicon, type LexiconSource } from './meteor/lexicon.js';
export { METEOR_STAGES, type Match, type MeteorStage } from './meteor/match.js';
export {
  Meteor,
  MeteorSum,
  computeMeteor,
  loadMeteor,
  type LoadMeteorOptions,
  type MeteorAlignment,
  type MeteorItem,
  type MeteorOptions,
  type MeteorResult,
} from './meteor/meteor.js';
export { normalizeForMeteor } from './meteor/normalize.js';
export {
  ParaphraseTable,
  readParaphraseTable,
  type ParaphraseEntry,
  type ParaphraseSource,
} from './meteor/paraphrases.js';
export {
  METEOR_PARAMETERS,
  addStatistics as addMeteorStatistics,
  scoresOf as meteorFromStatistics,
  STATISTICS_LENGTH as METEOR_STATISTICS_LENGTH,
  summandOf as meteorSummand,
  type MeteorScores,
} from './meteor/statistics.js';
export { stemEnglish } from './meteor/stem.js';
