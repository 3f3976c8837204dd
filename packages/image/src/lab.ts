/**
 * Colour to 8-bit CIE Lab and back, to the last bit as OpenCV's integer path computes it. Lightness and the two colour axes are
 * stored as bytes: `L * 255 / 100`, `a + 128`, `b + 128`; white is that of D65.
 *
 * Source: OpenCV 4.6 `cvtColor` (`COLOR_RGB2LAB`, `COLOR_LAB2RGB`), 8-bit; sRGB and CIE Lab as in IEC 61966-2-1 and ISO 11664-4.
 */

const WHITE = [0.950456, 1, 1.088754] as const;
const RGB_TO_XYZ = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
] as const;
const XYZ_TO_RGB = [
  [3.240479, -1.53715, -0.498535],
  [-0.969256, 1.875991, 0.041556],
  [0.055648, -0.204043, 1.057311],
] as const;

/** Bits after the point: of matrix entries, of linear light, of the cube root, of XYZ on the way back, of the gamma table. */
const MATRIX_BITS = 12;
const LINEAR_BITS = 3;
const ROOT_BITS = MATRIX_BITS + LINEAR_BITS;
const BASE_BITS = 14;
const BASE = 1 << BASE_BITS;
const GAMMA_TABLE_BITS = 12;

/** Below this share of white, Lab is linear. */
const LINEAR_LIMIT = 216 / 24389;
const ROOT_SLOPE = 841 / 108;
const ROOT_BIAS = 16 / 116;

/** Smallest argument of the table from a Lab axis to X and Z. */
const SMALLEST_ROOT = -8145;

interface LabTables {
  /** Byte to linear light, 3 bits after the point. */
  readonly linear: Uint16Array;
  /** Linear light to its Lab root, 15 bits after the point. */
  readonly root: Uint16Array;
  /** Lightness byte to Y and to its root, 14 bits after the point. */
  readonly lightToY: Uint16Array;
  readonly lightToRoot: Uint16Array;
  /** Root less {@link SMALLEST_ROOT} to X or Z, 14 bits after the point. */
  readonly rootToXyz: Int32Array;
  /** Linear light, 12 bits after the point, to a byte. */
  readonly gamma: Uint8Array;
  /** `[3, 3]` with 12 bits after the point; white is 1, 1, 1. */
  readonly rgbToXyz: Int32Array;
  readonly xyzToRgb: Int32Array;
}

let cached: LabTables | undefined;

/** `[..., 3]` Lab bytes of `[..., 3]` RGB bytes. */
export function rgbToLab(rgb: Uint8Array): Uint8Array {
  const { linear, root, rgbToXyz: m } = (cached ??= buildTables());
  const lab = new Uint8ClampedArray(rgb.length);
  const rootOf = (row: number, r: number, g: number, b: number) =>
    root[descale(m[row]! * r + m[row + 1]! * g + m[row + 2]! * b, MATRIX_BITS)]!;
  for (let at = 0; at < rgb.length; at += 3) {
    const r = linear[rgb[at]!]!;
    const g = linear[rgb[at + 1]!]!;
    const b = linear[rgb[at + 2]!]!;
    const x = rootOf(0, r, g, b);
    const y = rootOf(3, r, g, b);
    const z = rootOf(6, r, g, b);
    lab[at] = descale(LIGHT_SCALE * y + LIGHT_SHIFT, ROOT_BITS);
    lab[at + 1] = descale(500 * (x - y) + (128 << ROOT_BITS), ROOT_BITS);
    lab[at + 2] = descale(200 * (y - z) + (128 << ROOT_BITS), ROOT_BITS);
  }
  return new Uint8Array(lab.buffer);
}

/** `[..., 3]` RGB bytes of `[..., 3]` Lab bytes; colours outside sRGB are cut to it. */
export function labToRgb(lab: Uint8Array): Uint8Array {
  const tables = (cached ??= buildTables());
  const { lightToY, lightToRoot, rootToXyz, gamma, xyzToRgb: m } = tables;
  const rgb = new Uint8Array(lab.length);
  for (let at = 0; at < lab.length; at += 3) {
    const light = lab[at]!;
    const x = rootToXyz[lightToRoot[light]! + greenRedOffset(lab[at + 1]!) - SMALLEST_ROOT]!;
    const y = lightToY[light]!;
    const z = rootToXyz[lightToRoot[light]! - blueYellowOffset(lab[at + 2]!) - SMALLEST_ROOT]!;
    for (let channel = 0; channel < 3; channel++) {
      const row = channel * 3;
      const sum = m[row]! * x + m[row + 1]! * y + m[row + 2]! * z;
      const level = descale(sum, MATRIX_BITS + BASE_BITS - GAMMA_TABLE_BITS);
      rgb[at + channel] = gamma[Math.max(0, Math.min(gamma.length - 1, level))]!;
    }
  }
  return rgb;
}

const LIGHT_SCALE = Math.trunc((116 * 255 + 50) / 100);
const LIGHT_SHIFT = -Math.trunc((16 * 255 * (1 << ROOT_BITS) + 50) / 100);

/** `(a - 128) / 500` with 14 bits after the point, in OpenCV's approximation. */
function greenRedOffset(a: number): number {
  return ((5 * a * 53687 + 128) >> 13) - Math.trunc((128 * BASE) / 500);
}

/** `(b - 128) / 200` with 14 bits after the point, in OpenCV's approximation. */
function blueYellowOffset(b: number): number {
  return ((b * 41943 + 16) >> 9) - Math.trunc((128 * BASE) / 200) + 1;
}

/** `value / 2 ** bits`, rounded; every sum here fits 32 bits. */
function descale(value: number, bits: number): number {
  return (value + (1 << (bits - 1))) >> bits;
}

function buildTables(): LabTables {
  const round = Math.round;
  const light = Uint8Array.from({ length: 256 }, (_, value) => value);
  return {
    linear: Uint16Array.from(light, (value) => round((255 << LINEAR_BITS) * toLinear(value / 255))),
    root: Uint16Array.from({ length: (256 * 3 * (1 << LINEAR_BITS)) / 2 }, (_, value) =>
      round(labRoot(value / (255 << LINEAR_BITS)) * 2 ** ROOT_BITS),
    ),
    lightToRoot: Uint16Array.from(light, (value) => round(BASE * rootOfLight(value))),
    lightToY: Uint16Array.from(light, (value) =>
      round(BASE * (value <= 20 ? (value * 180) / (17 * 24389) : rootOfLight(value) ** 3)),
    ),
    rootToXyz: Int32Array.from({ length: (BASE * 9) / 4 }, (_, index) => cubeOfRoot(index + SMALLEST_ROOT)),
    gamma: Uint8Array.from({ length: 1 << GAMMA_TABLE_BITS }, (_, value) =>
      round(255 * fromLinear(value / (1 << GAMMA_TABLE_BITS))),
    ),
    rgbToXyz: fixedPoint((row, column) => RGB_TO_XYZ[row]![column]! / WHITE[row]!),
    xyzToRgb: fixedPoint((row, column) => XYZ_TO_RGB[row]![column]! * WHITE[column]!),
  };
}

function fixedPoint(entry: (row: number, column: number) => number): Int32Array {
  return Int32Array.from({ length: 9 }, (_, at) =>
    Math.round(entry(Math.floor(at / 3), at % 3) * 2 ** MATRIX_BITS),
  );
}

function toLinear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function fromLinear(value: number): number {
  return value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055;
}

function labRoot(value: number): number {
  return value < LINEAR_LIMIT ? value * ROOT_SLOPE + ROOT_BIAS : Math.cbrt(value);
}

/** Lab root of Y for a lightness byte. */
function rootOfLight(light: number): number {
  return ((light * 100) / 255 + 16) / 116;
}

/** Inverse of the Lab root with 14 bits after the point, in truncating integer steps. */
function cubeOfRoot(root: number): number {
  const { trunc } = Math;
  if (root <= 3390) return trunc((root * 108) / 841) - trunc((trunc((BASE * 16) / 116) * 108) / 841);
  return trunc((trunc((root * root) / BASE) * root) / BASE);
}
