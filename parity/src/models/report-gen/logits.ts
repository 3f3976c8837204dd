/** Per row of `[.., V]`: the largest, the `count` largest, and the logarithm of the sum of exponentials. */
export function summarize(logits: Float32Array, vocabSize: number, count = 1) {
  const rows = Array.from({ length: logits.length / vocabSize }, (_, row) =>
    logits.subarray(row * vocabSize, (row + 1) * vocabSize),
  );
  const top = rows.map((row) =>
    Array.from(row.keys())
      .sort((a, b) => row[b]! - row[a]!)
      .slice(0, count),
  );
  return {
    argmax: top.map(([best]) => best!),
    largest: top.flatMap((best, row) => best.map((token) => rows[row]![token]!)),
    logSumExp: rows.map((row) => {
      const largest = row.reduce((a, b) => Math.max(a, b));
      return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    }),
  };
}
