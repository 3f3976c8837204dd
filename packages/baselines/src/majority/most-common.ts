/** Counts texts. */
export interface TextCounts {
  add(text: string): void;
  /** The most common text, of equally common ones that which came first; undefined where there was none. */
  mostCommon(): { readonly text: string; readonly count: number } | undefined;
}

/** Counts of texts that are added one by one. */
export function countTexts(): TextCounts {
  const counts = new Map<string, number>();
  return {
    add: (text) => void counts.set(text, (counts.get(text) ?? 0) + 1),
    mostCommon: () => {
      let best: { text: string; count: number } | undefined;
      for (const [text, count] of counts) if (!best || count > best.count) best = { text, count };
      return best;
    },
  };
}
