import type { AbortOptions, AnatomicalRegion } from '@crrg/core';
import type { SentenceSimilarity } from './similarity.js';
import { splitSentences, type SentenceSplitter } from './split-sentences.js';

/** What one region says: one sentence or several. */
export interface RegionText {
  readonly region: AnatomicalRegion;
  readonly text: string;
}

/** A sentence with the regions that said it, in order. */
export interface ReportSentence {
  readonly text: string;
  readonly regions: readonly AnatomicalRegion[];
}

/** A sentence that another one made superfluous. */
export interface RemovedSentence extends ReportSentence {
  /** The sentence it gave way to; that one may have given way to a third. */
  readonly inFavourOf: string;
  /** How alike the two are. */
  readonly similarity: number;
}

/** A report and how it came about. */
export interface AssembledReport {
  /** The kept sentences in order, joined with one space; empty where no region was selected. */
  readonly text: string;
  readonly sentences: readonly ReportSentence[];
  /** Near duplicates that were removed, in order of appearance. Exact duplicates are merged into the sentence's `regions`. */
  readonly removed: readonly RemovedSentence[];
  /** How near duplicates were found; `exact` where only equal sentences count. */
  readonly similarity: { readonly name: string; readonly threshold: number };
}

/** Settings of {@link assembleReport}. */
export interface AssembleReportOptions extends AbortOptions {
  /** @defaultValue {@link splitSentences} */
  readonly splitSentences?: SentenceSplitter | undefined;
  /** Finds near duplicates. The reference uses BERTScore F1. @defaultValue none: only exact duplicates go */
  readonly similarity?: SentenceSimilarity | undefined;
  /** A pair more alike than this is a near duplicate. @defaultValue 0.9 */
  readonly similarityThreshold?: number | undefined;
}

function mergeExactDuplicates(texts: readonly RegionText[], split: SentenceSplitter): ReportSentence[] {
  const regionsOf = new Map<string, AnatomicalRegion[]>();
  for (const { region, text } of texts) {
    for (const sentence of split(text)) {
      const regions = regionsOf.get(sentence) ?? [];
      if (!regions.includes(region)) regions.push(region);
      regionsOf.set(sentence, regions);
    }
  }
  return [...regionsOf].map(([text, regions]) => ({ text, regions }));
}

/** Walks all pairs in order. Of two near duplicates the longer stays, the later one where they are equally long. */
async function findNearDuplicates(
  sentences: readonly ReportSentence[],
  similarity: SentenceSimilarity,
  options: { readonly threshold: number; readonly signal: AbortSignal | undefined },
): Promise<Map<ReportSentence, RemovedSentence>> {
  const removed = new Map<ReportSentence, RemovedSentence>();
  for (const [index, first] of sentences.entries()) {
    for (const second of sentences.slice(index + 1)) {
      if (removed.has(first)) break;
      if (removed.has(second)) continue;
      options.signal?.throwIfAborted();
      const alike = await similarity.compare(first.text, second.text);
      if (!(alike > options.threshold)) continue;
      const [loser, winner] = first.text.length > second.text.length ? [second, first] : [first, second];
      removed.set(loser, { ...loser, inFavourOf: winner.text, similarity: alike });
    }
  }
  return removed;
}

/**
 * One report from the texts of the described regions, given in region order.
 *
 * Each region's text is split into sentences (the reference splits the joined text; the same where texts end in a full stop),
 * equal sentences are merged, near duplicates removed, and the rest joined.
 * Source: report assembly of RGRG's `generate_reports_for_images.py`.
 *
 * @example
 * ```ts
 * const report = await assembleReport([{ region: 'left lung', text: 'The left lung is clear.' }]);
 * report.text; // 'The left lung is clear.'
 * ```
 */
export async function assembleReport(
  texts: readonly RegionText[],
  options: AssembleReportOptions = {},
): Promise<AssembledReport> {
  const { similarity, similarityThreshold: threshold = 0.9, signal } = options;
  const merged = mergeExactDuplicates(texts, options.splitSentences ?? splitSentences);
  const removed = similarity
    ? await findNearDuplicates(merged, similarity, { threshold, signal })
    : new Map<ReportSentence, RemovedSentence>();
  const sentences = merged.filter((sentence) => !removed.has(sentence));
  return {
    text: sentences.map(({ text }) => text).join(' '),
    sentences,
    removed: merged.flatMap((sentence) => removed.get(sentence) ?? []),
    similarity: { name: similarity?.name ?? 'exact', threshold: similarity ? threshold : 1 },
  };
}
