import {
  bodyStart,
  chunksOf,
  rangeFrom,
  refuseDownload,
  withResponse,
  type DownloadOptions,
} from '../download/response.js';
import type { BundleFile } from '../manifest.js';
import type { Pieces } from './pieces.js';

/**
 * Fetches pieces in one request, from `first` until `use` says no, or to the end of the file. A server that knows no ranges sends the file
 * from its beginning: what comes before is skipped.
 * @param use takes each piece as soon as it is whole, and says whether to go on
 * @throws {DownloadError} where less arrives; what was used before stays
 */
export async function fetchPieces(
  url: string,
  file: BundleFile,
  pieces: Pick<Pieces, 'rangeOf' | 'count'>,
  first: number,
  options: DownloadOptions,
  use: (index: number, bytes: Uint8Array) => Promise<boolean>,
): Promise<void> {
  const { where, onProgress } = options;
  let index = first;
  let { start, end } = pieces.rangeOf(index);
  await withResponse(url, file.path, rangeFrom(start), options, async (response, alive) => {
    let at = await bodyStart(response, start, { ...file, name: file.path }, url, where);
    let piece = new Uint8Array(end - start);
    for await (const chunk of chunksOf(response, alive)) {
      let from = Math.min(chunk.byteLength, Math.max(0, start - at));
      at += from;
      while (from < chunk.byteLength) {
        const part = chunk.subarray(from, from + end - at);
        piece.set(part, at - start);
        at += part.byteLength;
        from += part.byteLength;
        onProgress?.({ type: 'weights-progress', file: file.path, loaded: at, total: file.size });
        if (at < end) break;
        const goOn = await use(index, piece);
        alive();
        index += 1;
        if (!goOn || index === pieces.count) return;
        ({ start, end } = pieces.rangeOf(index));
        piece = new Uint8Array(end - start);
      }
    }
    throw refuseDownload(where, file.path, `expected ${file.size} bytes, got ${at}`);
  });
}
