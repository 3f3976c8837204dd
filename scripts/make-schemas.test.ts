import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeSchemas } from './make-schemas.js';

let made: Record<string, string>;
beforeAll(async () => {
  made = await makeSchemas();
}, 120_000);

describe.each(['report.schema.json', 'classification.schema.json'])('%s', (file) => {
  it('is what the types say; after a change of them run npm run schemas', () => {
    const kept = new URL(`../packages/pipeline/schemas/${file}`, import.meta.url);
    expect(readFileSync(kept, 'utf8')).toBe(made[file]);
  });

  it('allows fields and doubts of later versions', () => {
    expect(made[file]).not.toContain('"additionalProperties": false');
    expect(JSON.parse(made[file]!).definitions.DoubtCode).not.toHaveProperty('enum');
  });
});
