import type { WeightDTypeChoice } from '@crrg/tensor';

const WEIGHT_DTYPES = {
  fp32: undefined,
  q8: (parameter: string) => (parameter === 'boxHead.fc6.weight' ? 'q8' : 'fp32'),
} satisfies Record<string, WeightDTypeChoice | undefined>;

/** How the weights of a detector are kept: in float32, or the first layer of its box head, three quarters of them, with integers of 8 bits. */
export type DetectorDType = keyof typeof WEIGHT_DTYPES;

/** How each parameter is kept; undefined: as the backend does by itself. */
export function detectorWeightDTypes(dtype: DetectorDType): WeightDTypeChoice | undefined {
  return WEIGHT_DTYPES[dtype];
}
