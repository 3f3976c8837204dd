import { crc32 } from 'node:zlib';
import { join, joinAll, latin1, littleEndian } from './bytes.js';

/** A file of an archive. */
export interface ZipMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const [u16, u32, u64] = ([2, 4, 8] as const).map(
  (width) => (value: number) => littleEndian(value, width),
) as [(value: number) => Uint8Array, (value: number) => Uint8Array, (value: number) => Uint8Array];
const WIDE = 0xffffffff;

/** A zip of stored files as torch writes it, in 32 bits or in zip64. */
export function zipFile(members: readonly ZipMember[], { isZip64 = false } = {}): Uint8Array {
  const [local, central]: [Uint8Array[], Uint8Array[]] = [[], []];
  let at = 0;
  for (const { name, bytes } of members) {
    const title = latin1(name);
    const length = bytes.length;
    const sizes = isZip64 ? [u32(WIDE), u32(WIDE)] : [u32(length), u32(length)];
    const common = join(
      u16(isZip64 ? 45 : 20),
      u16(0),
      u16(0),
      u32(0),
      u32(crc32(bytes)),
      ...sizes,
      u16(title.length),
    );
    const localExtra = isZip64 ? join(u16(1), u16(16), u64(length), u64(length)) : new Uint8Array();
    const centralExtra = isZip64
      ? join(u16(1), u16(24), u64(length), u64(length), u64(at))
      : new Uint8Array();
    const head = join(u32(0x04034b50), common, u16(localExtra.length), title, localExtra, bytes);
    local.push(head);
    central.push(
      join(
        u32(0x02014b50),
        u16(45),
        common,
        u16(centralExtra.length),
        u16(0),
        u16(0),
        u16(0),
        u32(0),
        u32(isZip64 ? WIDE : at),
        title,
        centralExtra,
      ),
    );
    at += head.length;
  }
  const directory = joinAll(central);
  const count = members.length;
  const end64 = isZip64
    ? join(
        ...[
          u32(0x06064b50),
          u64(44),
          u16(45),
          u16(45),
          u32(0),
          u32(0),
          u64(count),
          u64(count),
          u64(directory.length),
          u64(at),
        ],
        ...[u32(0x07064b50), u32(0), u64(at + directory.length), u32(1)],
      )
    : new Uint8Array();
  const end = isZip64
    ? [u16(0xffff), u16(0xffff), u32(WIDE), u32(WIDE)]
    : [u16(count), u16(count), u32(directory.length), u32(at)];
  return join(joinAll(local), directory, end64, u32(0x06054b50), u16(0), u16(0), ...end, u16(0));
}
