/**
 * The template of `packages/image/src/chest-template.ts` and the rates of its doubts.
 * `node --conditions=@crrg/source --import tsx scripts/chest-template.ts [--template] FOLDER...`: films of the folders (and of folders in them), their
 * negatives and turned copies; with `--template` the rows of the mean film instead.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chestRanks, findImageDoubts, greyImage, type GreyImage } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';

const arguments_ = process.argv.slice(2);
const folders = arguments_.filter((argument) => argument !== '--template');
const films = folders.map((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(png|jpe?g)$/i.test(name))
    .sort()
    .map((name) => join(folder, name)),
);

if (arguments_.includes('--template')) await printTemplate(films.flat());
else for (const [index, folder] of folders.entries()) await printRates(folder, films[index]!);

async function printTemplate(files: readonly string[]): Promise<void> {
  const sum = new Float64Array(256);
  for (const file of files) chestRanks(await decodeImage(file)).forEach((rank, at) => (sum[at]! += rank));
  const symmetric = sum.map((value, at) => value + sum[at - (at % 16) + 15 - (at % 16)]!);
  const length = Math.hypot(...symmetric);
  for (let y = 0; y < 16; y++) {
    const half = symmetric.slice(y * 16, y * 16 + 8);
    console.log(`  [${Array.from(half, (value) => Math.round((value / length) * 1000)).join(', ')}],`);
  }
}

async function printRates(folder: string, files: readonly string[]): Promise<void> {
  const tally = new Map<string, number>();
  for (const file of files) {
    const film = await decodeImage(file);
    for (const [form, image] of Object.entries(forms(film))) {
      const codes = findImageDoubts(image).map(({ code }) => code);
      for (const code of codes.length > 0 ? codes : ['none']) {
        tally.set(`${form}: ${code}`, (tally.get(`${form}: ${code}`) ?? 0) + 1);
        if (form === 'as it is' && code !== 'none') console.log(code, file);
      }
    }
  }
  console.log(`${folder}: ${files.length} films`);
  for (const [name, count] of [...tally].sort()) console.log(`  ${name} ${count}`);
}

function forms(film: GreyImage): Record<string, GreyImage> {
  const { width, height, data, bitDepth } = film;
  const white = 2 ** bitDepth - 1;
  return {
    'as it is': film,
    negative: { ...film, data: data.map((value) => white - value) },
    'upside down': { ...film, data: data.slice().reverse() },
    'on its side': greyImage(
      height,
      width,
      data.map((_, at) => data[(at % height) * width + Math.floor(at / height)]!),
    ),
    ...(bitDepth === 8 && {
      '12 bits in 16': greyImage(
        width,
        height,
        Uint16Array.from(data, (value) => Math.round(value * (4095 / 255))),
      ),
      'full 16 bits': greyImage(
        width,
        height,
        Uint16Array.from(data, (value) => value * 257),
      ),
    }),
  };
}
