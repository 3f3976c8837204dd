export { cachedSource, type CachedSourceOptions } from './browser/cached-source.js';
export {
  clearModelCache,
  listCachedModels,
  persistModelCache,
  type CachedModel,
  type CachePlace,
} from './browser/model-cache.js';
