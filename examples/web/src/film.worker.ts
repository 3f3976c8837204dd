import { toErrorData } from '@crrg/core';
import { createImageHref, loadRadiograph } from '@crrg/pipeline';
import type { FilmAnswer } from './film.js';

async function open(file: File): Promise<FilmAnswer> {
  try {
    const radiograph = await loadRadiograph(file);
    return { radiograph, href: createImageHref(radiograph.image) };
  } catch (error) {
    return { error: toErrorData(error) };
  }
}

addEventListener(
  'message',
  ({ data }: MessageEvent<File>) => void open(data).then((answer) => postMessage(answer)),
);
