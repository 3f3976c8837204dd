import { drawStudies, type SplitSizes } from './studies.js';
import { writeImagenome } from './write-imagenome.js';
import { writeMimic } from './write-mimic.js';
import { writeRsna } from './write-rsna.js';

/** How large the made-up data sets are. */
export interface MiniDataSizes {
  /** Patients of MIMIC-CXR and Chest ImaGenome, by split. */
  readonly mimic: SplitSizes;
  /** Patients of RSNA, which its reader splits. */
  readonly rsna: number;
}

/**
 * Writes small made-up data sets in the formats that users have on disk: MIMIC-CXR, MIMIC-CXR-JPG, Chest ImaGenome and RSNA pneumonia (DICOM). Films
 * are drawn chests whose findings can be seen; no person lies behind any of them. The same seed gives the same bytes.
 */
export async function generateMiniData(root: string, seed: number, sizes: MiniDataSizes): Promise<void> {
  const studies = drawStudies(seed, sizes.mimic);
  await writeMimic(root, studies);
  await writeImagenome(root, studies);
  await writeRsna(root, seed, sizes.rsna);
}
