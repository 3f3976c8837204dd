import { dicomSeeds } from '../dicom/dicom-seeds.js';
import { MODEL_MUTATORS } from '../dicom/dicom-mutators.js';
import { writeDicom } from '../dicom/write-dicom.js';
import { mutate, pick, type FuzzFormat } from '../format.js';
import { BYTE_MUTATORS } from '../mutate-bytes.js';

const seeds = dicomSeeds();

export const format: FuzzFormat = {
  // The decoder gives up by itself after 20 seconds, and then takes a moment to say so.
  limits: { seconds: 22, megabytes: 1500 },
  makeCase: (random) => {
    let model = pick(seeds, random);
    const kind = random.next();
    if (kind < 0.02) return Promise.resolve(writeDicom(model));
    if (kind < 0.8)
      for (let left = 1 + random.integer(3); left > 0; left--)
        model = pick(MODEL_MUTATORS, random)(model, random);
    const file = writeDicom(model);
    return Promise.resolve(kind < 0.6 ? file : mutate(file, BYTE_MUTATORS, random));
  },
  read: async (bytes) => {
    const { decodeRadiograph } = await import('@crrg/image/node');
    await decodeRadiograph(bytes, { inputSize: 512 });
  },
};
