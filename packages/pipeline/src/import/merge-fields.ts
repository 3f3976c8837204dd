/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields of `given` over those of `inferred`, nested objects too. */
export function mergeFields(inferred: Fields, given: unknown): Fields {
  if (!isObject(given)) return inferred;
  const result = new Map(Object.entries(inferred));
  for (const [name, value] of Object.entries(given)) {
    const known = result.get(name);
    result.set(name, isObject(known) && isObject(value) ? mergeFields(known, value) : value);
  }
  return Object.fromEntries(result);
}

/** Those of the fields that a configuration does not give, as names in a manifest. */
export function notGiven(given: Fields, ...fields: readonly string[]): string[] {
  const isGiven = (field: string) =>
    field.split('.').reduce<unknown>((value, name) => {
      const isObject = typeof value === 'object' && value !== null;
      return isObject && Object.hasOwn(value, name) ? (value as Fields)[name] : undefined;
    }, given) !== undefined;
  return fields.filter((field) => !isGiven(field)).map((field) => `config.${field}`);
}
