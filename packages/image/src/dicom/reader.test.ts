import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BackendError } from '@crrg/core';
import { describe, expect, it, vi } from 'vitest';
import { dicomFile, filmElements, nativePixels } from '../__fixtures__/dicom-file.js';
import type { DicomAnswer } from './job.js';
import { createDicomReader, OUT_OF_MEMORY, type DicomWorker } from './reader.js';
import { dicomReader } from './reader-node.js';

const PICTURE = { result: { image: 'picture' } } as unknown as DicomAnswer;
const DAMAGED: DicomAnswer = { error: { name: 'ImageError', code: 'IMAGE', message: 'damaged' } };

/** Workers that answer as told; `ended` counts those that were terminated. */
function fakeWorkers(...answers: (() => Promise<DicomAnswer>)[]) {
  const started: (string | undefined)[] = [];
  const log = { ended: 0, running: 0, mostRunning: 0 };
  const start = (codec: string | undefined): DicomWorker => {
    started.push(codec);
    return {
      ready: Promise.resolve(),
      ask: async () => {
        log.running += 1;
        log.mostRunning = Math.max(log.mostRunning, log.running);
        return answers.shift()!().finally(() => (log.running -= 1));
      },
      terminate: () => void (log.ended += 1),
    };
  };
  return { start, started, log };
}

const bytes = new Uint8Array(8);

describe('a reader of DICOM files', () => {
  it('keeps its thread for the next file, and does one after the other', async () => {
    const soon = () => new Promise<DicomAnswer>((resolve) => setTimeout(resolve, 5, PICTURE));
    const { start, started, log } = fakeWorkers(soon, soon, soon);
    const { read } = createDicomReader(start);
    await Promise.all([read(bytes), read(bytes), read(bytes)]);
    expect(started).toEqual([undefined]);
    expect(log).toMatchObject({ ended: 0, mostRunning: 1 });
  });

  it('hands a file to a thread with the codec that it needs', async () => {
    const { start, started } = fakeWorkers(
      async () => ({ needs: 'htj2k' }),
      async () => PICTURE,
    );
    await createDicomReader(start).read(bytes);
    expect(started).toEqual([undefined, 'htj2k']);
  });

  it('ends the thread of a file that failed, and reads the next one in another', async () => {
    const { start, started, log } = fakeWorkers(
      async () => DAMAGED,
      async () => PICTURE,
    );
    const { read } = createDicomReader(start);
    await expect(read(bytes)).rejects.toMatchObject({ name: 'ImageError', message: 'damaged' });
    await read(bytes);
    expect(started).toHaveLength(2);
    expect(log.ended).toBe(1);
  });

  it('keeps the thread of a whole file that it refused', async () => {
    const refused: DicomAnswer = {
      error: { name: 'ImageError', code: 'IMAGE', message: 'CT', details: { format: 'dicom' } },
    };
    const { start, started } = fakeWorkers(
      async () => refused,
      async () => PICTURE,
    );
    const { read } = createDicomReader(start);
    await expect(read(bytes)).rejects.toThrow('CT');
    await read(bytes);
    expect(started).toHaveLength(1);
  });

  it('counts the time of a file from when its thread has started', async () => {
    const { start } = fakeWorkers(async () => PICTURE);
    const slow = (codec: undefined) => ({
      ...start(codec),
      ready: new Promise((resolve) => setTimeout(resolve, 60)),
    });
    await expect(createDicomReader(slow as typeof start, 20).read(bytes)).resolves.toBeDefined();
  });

  it('says why a thread did not start', async () => {
    const broken = () => ({
      ready: Promise.reject(new BackendError('no worker')),
      ask: () => Promise.reject(),
      terminate() {},
    });
    await expect(createDicomReader(broken).read(bytes)).rejects.toThrow('no worker');
  });

  it('ends a thread that takes too long', async () => {
    const { start, log } = fakeWorkers(() => new Promise(() => {}));
    const { read } = createDicomReader(start, 20);
    await expect(read(bytes)).rejects.toMatchObject({ name: 'ImageError', details: { limit: 'time' } });
    expect(log.ended).toBe(1);
  });

  it('says that memory ran out, and that a decoder broke off', async () => {
    const { start } = fakeWorkers(
      () => Promise.reject(OUT_OF_MEMORY),
      () => Promise.reject(new Error('the thread ended')),
    );
    const { read } = createDicomReader(start);
    await expect(read(bytes)).rejects.toMatchObject({ name: 'ImageError', details: { limit: 'memory' } });
    await expect(read(bytes)).rejects.toThrow(/its decoder broke off/);
  });

  it('gives an error of the engine as one', async () => {
    const missing: DicomAnswer = { error: { name: 'BackendError', code: 'BACKEND', message: 'no codec' } };
    const { start } = fakeWorkers(async () => missing);
    await expect(createDicomReader(start).read(bytes)).rejects.toMatchObject({ name: 'BackendError' });
  });
});

describe('the reader of Node', () => {
  it('leaves the bytes of the caller alone, and gives pixels', async () => {
    const file = dicomFile([...filmElements({ rows: 2, columns: 2 }), nativePixels([0, 1, 2, 4])]);
    const before = file.slice();
    const { image } = await dicomReader.read(file);
    expect(Array.from(image.data)).toEqual([0, 16384, 32768, 65535]);
    expect(file).toEqual(before);
  });

  it('keeps no picture that its callers let go of', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const pictures: WeakRef<object>[] = [];
    const file = dicomFile([...filmElements({ rows: 2, columns: 2 }), nativePixels([0, 1, 2, 4])]);
    for (let read = 0; read < 5; read++)
      pictures.push(new WeakRef((await dicomReader.read(file)).image.data));
    // A weak reference holds until the end of its turn.
    await new Promise((resolve) => setTimeout(resolve));
    collect();
    expect(pictures.slice(0, 4).map((picture) => picture.deref())).toEqual(Array(4).fill(undefined));
  });

  it('refuses what its thread refuses, with the same words and type', async () => {
    const file = dicomFile(filmElements({ rows: 2, columns: 2 }));
    await expect(dicomReader.read(file)).rejects.toMatchObject({
      name: 'ImageError',
      message: expect.stringMatching(/it ends before its pixels/),
    });
  });

  it('survives a file whose sequences are nested ten thousand deep, and writes nothing', async () => {
    const write = vi.spyOn(process.stderr, 'write');
    let bytesDeep = new Uint8Array(0);
    const item = (inner: Uint8Array) => {
      const whole = new Uint8Array(20 + inner.length);
      const view = new DataView(whole.buffer);
      // An element SQ of undefined length, and in it an item of undefined length.
      view.setUint32(0, 0x00081140 >>> 16, true);
      view.setUint16(2, 0x1140, true);
      whole.set([0x53, 0x51, 0, 0, 255, 255, 255, 255, 0xfe, 0xff, 0x00, 0xe0, 255, 255, 255, 255], 4);
      whole.set(inner, 20);
      return whole;
    };
    const levels = 10_000;
    bytesDeep = new Uint8Array(20 * levels);
    for (let level = 0; level < levels; level++) bytesDeep.set(item(new Uint8Array(0)), 20 * level);
    const film = dicomFile([[0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.1.1']], { pixels: bytesDeep });
    await expect(dicomReader.read(film)).rejects.toMatchObject({ name: 'ImageError' });
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
  });
});
