// Writes the JSON schemas of packages/pipeline/schemas from the types of its results: `npm run schemas`.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { createGenerator, type SchemaGenerator } from 'ts-json-schema-generator';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = `${ROOT}packages/pipeline/schemas/`;

/** Schema file, the type that it is made of, and its title. */
const SCHEMAS = [
  ['report.schema.json', 'Report', 'Report of CRRG, crrg/report/1'],
  ['classification.schema.json', 'RadiographClassification', 'Classification of CRRG, crrg/classification/1'],
] as const;

interface Schema {
  description?: string;
  enum?: unknown[];
  examples?: unknown[];
  [keyword: string]: unknown;
}

/** What types cannot say of the values of a property, by its name. */
const LIMITS: readonly (readonly [RegExp, Schema])[] = [
  [/Score$|^probability$|^threshold$/, { minimum: 0, maximum: 1 }],
  [/sha256$/i, { pattern: '^[0-9a-f]{64}$' }],
  [/^meanTokenLogProb$/, { maximum: 0 }],
  [/^regions$/, { minItems: 29, maxItems: 29 }],
  [/^(?:width|height)$/, { exclusiveMinimum: 0 }],
];

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}

/** Adds limits, and leaves code marks in descriptions instead of links of TSDoc. */
function refine(schema: Schema): void {
  if (typeof schema.description === 'string')
    schema.description = schema.description.replace(/\s*\{\s*@link\s+(\w+)\s*\}\s*(?=\.)/g, ' `$1`');
  const properties = isSchema(schema.properties) ? schema.properties : {};
  for (const [name, value] of Object.entries(properties)) {
    const limits = LIMITS.filter(([names]) => names.test(name)).map(([, limit]) => limit);
    if (isSchema(value) && ('type' in value || limits.length === 0)) Object.assign(value, ...limits);
  }
  for (const value of Object.values(schema)) if (isSchema(value)) refine(value);
}

/** The schema of a type. Unknown fields and doubts are allowed: both may be added under the same number. */
function schemaOf(generator: SchemaGenerator, type: string, title: string): Schema {
  const { $schema, ...schema } = structuredClone(generator.createSchema(type)) as Schema & {
    definitions: Record<string, Schema>;
  };
  refine(schema);
  const { DoubtCode } = schema.definitions;
  DoubtCode!.examples = DoubtCode!.enum!;
  delete DoubtCode!.enum;
  return { $schema, title, ...schema };
}

/** The files by name. */
export async function makeSchemas(): Promise<Record<string, string>> {
  const options = { ...(await resolveConfig(FOLDER)), parser: 'json' };
  const generator = createGenerator({
    path: `${ROOT}packages/pipeline/src/index.ts`,
    tsconfig: `${ROOT}tsconfig.json`,
    skipTypeCheck: true,
    additionalProperties: true,
    topRef: false,
    sortProps: false,
  });
  const entries = SCHEMAS.map(async ([file, type, title]) => [
    file,
    await format(JSON.stringify(schemaOf(generator, type, title)), options),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [file, text] of Object.entries(await makeSchemas())) writeFileSync(FOLDER + file, text);
