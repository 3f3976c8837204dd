/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields of `given` over those of `inferred`, nested objects too. */
export function mergeFields(inferred: Fields, given: unknown): Fields {
  if (!isObject(given)) return inferred;
  const result: Record<string, unknown> = { ...inferred };
  for (const [name, value] of Object.entries(given)) {
    const known = result[name];
    result[name] = isObject(known) && isObject(value) ? mergeFields(known, value) : value;
  }
  return result;
}
