import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { formatRclipStudy } from '@crrg/datasets';
import { readStudies } from '@crrg/train/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Limits {
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
}
interface Property extends Limits {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Limits;
  readonly propertyNames?: Limits;
  readonly additionalProperties?: { readonly enum: readonly unknown[] };
}
interface Schema {
  readonly required: readonly string[];
  readonly additionalProperties: boolean;
  readonly properties: Readonly<Record<string, Property>>;
}

const FULL = {
  id: 'a',
  patient: 'p',
  split: 'test',
  images: ['a.png'],
  views: ['AP'],
  sections: ['Clear.'],
  backTranslations: ['Free.'],
  labels: { Edema: 1 },
} as const;

let folder: string;
let schema: Schema;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-schema-'));
  const file = new URL('../../../../docs/reference/rclip-study.schema.json', import.meta.url);
  schema = JSON.parse(await readFile(file, 'utf8')) as Schema;
});
afterAll(() => rm(folder, { recursive: true }));

/** What the reader says of a line; nothing where it takes it. */
async function read(change: Readonly<Record<string, unknown>>): Promise<string> {
  const file = path.join(folder, 'studies.jsonl');
  await writeFile(file, `${JSON.stringify({ ...FULL, ...change })}\n`);
  return readStudies(file).then(
    () => '',
    (error: unknown) => String(error),
  );
}

const fill = <T>(count: number, item: (at: number) => T) =>
  Array.from({ length: count }, (_, at) => item(at));
const text = (length: number) => 'x'.repeat(length);

describe('the JSON schema of R-CLIP studies', () => {
  it('has the fields that are written, and asks for those that the reader asks for', async () => {
    const line = JSON.parse(formatRclipStudy(FULL)) as object;
    expect(Object.keys(schema.properties)).toEqual(Object.keys(line));
    for (const field of Object.keys(schema.properties)) {
      const problem = await read({
        [field]: undefined,
        ...(field === 'sections' ? { backTranslations: undefined } : {}),
      });
      if (schema.required.includes(field)) expect(problem).toContain(`for ${field}, got none`);
      else expect(problem).toBe('');
    }
    expect(schema.additionalProperties).toBe(false);
    expect(await read({ more: 1 })).toContain('expected no fields but');
  });

  it('has the splits and values of labels that the reader takes, and no others', async () => {
    for (const split of schema.properties['split']!.enum!)
      expect(await read({ split, labels: undefined })).toBe('');
    expect(await read({ split: 'validate' })).toContain('for split');
    for (const value of schema.properties['labels']!.additionalProperties!.enum)
      expect(await read({ labels: { Edema: value } })).toBe('');
    expect(await read({ labels: { Edema: -1 } })).toContain('for labels');
  });

  it('has the limits of the reader: each is taken, and one more is refused', async () => {
    const { id, patient, images, views, sections, backTranslations, labels } = schema.properties as Record<
      string,
      Property
    >;
    const cases: readonly (readonly [name: string, limit: number, at: (count: number) => object])[] = [
      ['id', id!.maxLength!, (count) => ({ id: text(count) })],
      ['patient', patient!.maxLength!, (count) => ({ patient: text(count) })],
      ['images', images!.maxItems!, (count) => ({ images: fill(count, String), views: undefined })],
      ['images', images!.items!.maxLength!, (count) => ({ images: [text(count)] })],
      [
        'views',
        views!.maxItems!,
        (count) => ({ images: fill(Math.min(count, 100), String), views: fill(count, () => 'AP') }),
      ],
      ['views', views!.items!.maxLength!, (count) => ({ views: [text(count)] })],
      [
        'sections',
        sections!.maxItems!,
        (count) => ({ sections: fill(count, () => ''), backTranslations: undefined }),
      ],
      [
        'backTranslations',
        backTranslations!.maxItems!,
        (count) => ({
          sections: fill(Math.min(count, 20), () => ''),
          backTranslations: fill(count, () => null),
        }),
      ],
      [
        'backTranslations',
        backTranslations!.items!.maxLength!,
        (count) => ({ backTranslations: [text(count)] }),
      ],
      ['sections', sections!.items!.maxLength!, (count) => ({ sections: [text(count)] })],
      [
        'labels',
        labels!.maxProperties!,
        (count) => ({ labels: Object.fromEntries(fill(count, (at) => [`l${at}`, 0])) }),
      ],
      ['labels', labels!.propertyNames!.maxLength!, (count) => ({ labels: { [text(count)]: 1 } })],
    ];
    for (const [name, limit, at] of cases) {
      expect(await read({ ...at(limit) }), name).toBe('');
      expect(await read({ ...at(limit + 1) }), name).toContain(`for ${name}`);
    }
  });

  it('has the least lengths of the reader', async () => {
    const least = [
      schema.properties['id']!,
      schema.properties['patient']!,
      schema.properties['images']!.items!,
    ];
    expect(least.map(({ minLength }) => minLength)).toEqual([1, 1, 1]);
    expect(await read({ id: '' })).toContain('for id');
    expect(await read({ images: [] })).toContain('for images');
    expect(schema.properties['images']!.minItems).toBe(1);
    expect(await read({ images: [''] })).toContain('for images');
  });
});
