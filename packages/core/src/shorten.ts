const LONGEST = 300;

/**
 * What a message shows of a name or address: whole where it is short, else its beginning and length. Of a `data:` address never the data.
 *
 * @example
 * ```ts
 * shortenName(`data:image/png;base64,${'A'.repeat(3e6)}`); // 'data:image/png;base64,... (3000022 characters)'
 * ```
 */
export function shortenName(name: string): string {
  const head = /^data:[^,]{0,100},?/i.exec(name)?.[0];
  if (head === undefined && name.length <= LONGEST) return name;
  return `${head ?? name.slice(0, LONGEST)}... (${name.length} characters)`;
}
