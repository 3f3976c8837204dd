/** What stands in the tarballs: nothing that users have no use for, nothing missing that a file points to. */
import path from 'node:path';

/** Of `npm pack --json`. */
export interface Packed {
  readonly name: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

const UNWANTED = [
  { pattern: /\.test\.ts$|\.test-d\.ts$|\.bench\.ts$/, what: 'a test' },
  { pattern: /(^|\/)(__fixtures__|__snapshots__|coverage|node_modules)\//, what: 'a folder of development' },
  {
    pattern: /(^|\/)(tsup|vitest)[^/]*\.config\.ts$|(^|\/)tsconfig[^/]*\.json$|\.tsbuildinfo$/,
    what: 'a file of the build',
  },
  { pattern: /(^|\/)\.(env|npmrc|git|turbo|DS_Store)/, what: 'a hidden file' },
];
const WANTED = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'];

/** Paths that the source maps of a tarball name but that it lacks. `read` gives the text of a file of it. */
export function lostSources({ files }: Packed, read: (file: string) => string): string[] {
  const present = new Set(files.map((file) => file.path));
  return files
    .filter(({ path: file }) => file.endsWith('.map'))
    .flatMap(({ path: file }) => {
      const { sources = [], sourcesContent = [] } = JSON.parse(read(file)) as {
        sources?: string[];
        sourcesContent?: (string | null)[];
      };
      return sources
        .filter(
          (source, i) =>
            typeof sourcesContent[i] !== 'string' &&
            !present.has(path.posix.join(path.posix.dirname(file), source)),
        )
        .map((source) => `${file} points to ${source}`);
    });
}

/** One line for each thing that is wrong with a tarball. */
export function contentProblems(packed: Packed, read: (file: string) => string): string[] {
  const present = new Set(packed.files.map((file) => file.path));
  return [
    ...packed.files.flatMap(({ path: file }) =>
      UNWANTED.filter(({ pattern }) => pattern.test(file)).map(({ what }) => `holds ${what}: ${file}`),
    ),
    ...WANTED.filter((file) => !present.has(file)).map((file) => `lacks ${file}`),
    ...lostSources(packed, read).map((line) => `${line}, which is not there`),
  ].map((line) => `${packed.name}: ${line}`);
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
const sumOf = (files: Packed['files'], matches: (file: string) => boolean) =>
  files.filter((file) => matches(file.path)).reduce((sum, { size }) => sum + size, 0);

/** Sizes of the tarballs as a table of Markdown, with what they are made of. */
export function contentTable(packages: readonly Packed[]): string {
  const rows = packages.map(({ name, size, unpackedSize, files }) => {
    const maps = sumOf(files, (file) => file.endsWith('.map'));
    const source = sumOf(files, (file) => file.startsWith('src/'));
    return [
      name,
      megabytes(size),
      megabytes(unpackedSize),
      `${files.length}`,
      megabytes(source),
      megabytes(maps),
    ];
  });
  const head = ['package', 'packed', 'unpacked', 'files', 'src', 'source maps'];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
