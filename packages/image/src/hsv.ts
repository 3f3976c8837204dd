/**
 * `[..., 3]` RGB bytes with the hue turned by a fraction of the colour circle, over 8-bit hue, saturation and value as Pillow
 * stores them. Grey pixels stay as they are; others may change by a few levels even where the turn is 0.
 *
 * Source: Pillow 9.4 `convert('HSV')` and back; torchvision 0.15 `adjust_hue`.
 */
export function shiftHue(rgb: Uint8Array, turn: number): Uint8Array {
  const shift = Math.trunc(turn * 255);
  const result = new Uint8Array(rgb.length);
  for (let at = 0; at < rgb.length; at += 3) {
    const red = rgb[at]!;
    const green = rgb[at + 1]!;
    const blue = rgb[at + 2]!;
    const value = Math.max(red, green, blue);
    const range = value - Math.min(red, green, blue);
    const saturation = range === 0 ? 0 : Math.trunc((range / value) * 255);
    const hue = range === 0 ? 0 : hueByte(red, green, blue, value, range);
    writeRgb(result, at, (hue + shift) & 255, saturation, value);
  }
  return result;
}

function hueByte(red: number, green: number, blue: number, value: number, range: number): number {
  const { fround } = Math;
  const away = (channel: number) => fround((value - channel) / range);
  const sixths =
    red === value
      ? fround(away(blue) - away(green))
      : green === value
        ? fround(2 + away(red) - away(blue))
        : fround(4 + away(green) - away(red));
  return Math.trunc(fround((sixths / 6 + 1) % 1) * 255);
}

function writeRgb(rgb: Uint8Array, at: number, hue: number, saturation: number, value: number): void {
  const position = (hue * 6) / 255;
  const sector = Math.floor(position);
  const within = Math.fround(position - sector);
  const strength = Math.fround(saturation / 255);
  const low = Math.round(value * (1 - strength));
  const falling = Math.round(value * (1 - strength * within));
  const rising = Math.round(value * (1 - strength * (1 - within)));
  switch (sector % 6) {
    case 0:
      return write(rgb, at, value, rising, low);
    case 1:
      return write(rgb, at, falling, value, low);
    case 2:
      return write(rgb, at, low, value, rising);
    case 3:
      return write(rgb, at, low, falling, value);
    case 4:
      return write(rgb, at, rising, low, value);
    default:
      return write(rgb, at, value, low, falling);
  }
}

function write(rgb: Uint8Array, at: number, red: number, green: number, blue: number): void {
  rgb[at] = red;
  rgb[at + 1] = green;
  rgb[at + 2] = blue;
}
