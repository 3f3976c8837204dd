import { ImageError } from '@crrg/core';
import { Blob as NodeBlob } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import * as browser from './browser.js';
import { encodePng, greyImage } from './index.js';
import * as node from './node.js';

const film = greyImage(3, 2, Uint8Array.of(0, 120, 255, 40, 80, 200));
const png = encodePng(film) as Uint8Array<ArrayBuffer>;

describe.each([
  ['Node', node],
  ['a page', browser],
] as const)('in %s', (_, { decodeImage }) => {
  const refusal = async (source: unknown) => {
    const failure: unknown = await decodeImage(source as Uint8Array).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ImageError);
    return (failure as Error).message;
  };

  it('a film may be a Blob or a File', async () => {
    expect(await decodeImage(new Blob([png]))).toEqual(film);
    expect(await decodeImage(new NodeBlob([png]) as Blob)).toEqual(film);
    expect(await decodeImage(new File([png], 'film.png'))).toEqual(film);
  });

  it('a data address is refused without its data', async () => {
    const message = await refusal(`data:image/png;base64,${'A'.repeat(3e6)}`);
    expect(message).toContain('data:image/png;base64,... (');
    expect(message.length).toBeLessThan(300);
    expect(message).toMatch(/pass its blob\.$/);
  });

  it.each([undefined, null, 7, {}])('%s is refused with what may be given', async (source) => {
    expect(await refusal(source)).toMatch(/expected .*Blob.* or bytes, got (undefined|null|number|object);/);
  });

  it('an address of a server is refused with what to do', async () => {
    expect(await refusal('https://example.org/film.png')).toContain('https://example.org/film.png; fetch');
    expect(await refusal(new URL('https://example.org/film.png'))).toContain('pass its blob');
  });
});
