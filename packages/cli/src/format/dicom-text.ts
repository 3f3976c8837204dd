import type { DicomDescription, DicomProvenance, PixelFormat } from '@crrg/image';
import { formatDoubt, formatTable, printable } from './text.js';

function formatRows({ rows, columns, ...format }: PixelFormat): string[][] {
  const { bitsAllocated, bitsStored, highBit, isSigned, isInverted } = format;
  return [
    ['rows x columns', `${rows} x ${columns}`],
    [
      'bits',
      `${bitsStored} stored of ${bitsAllocated} allocated, high bit ${highBit}, ${isSigned ? 'signed' : 'unsigned'}`,
    ],
    [
      'greys',
      isInverted
        ? 'MONOCHROME1: low values are white, so the film is inverted'
        : 'MONOCHROME2: low values are black',
    ],
  ];
}

function describeRange({ range }: DicomProvenance): string {
  if (range.kind === 'window')
    return `window with center ${range.center} and width ${range.width} (${range.function})`;
  if (range.kind === 'table') return 'table of the file';
  const reason = range.isWindowSenseless ? 'the window makes no sense' : 'the file has no window';
  return `span of the values, ${range.low} to ${range.high}: ${reason}`;
}

/** What a DICOM file is, for people; holds no text of the file. */
export function formatDicomInfo(name: string, description: DicomDescription, width: number): string {
  const { transferSyntax, kind, format, provenance, doubts, problem } = description;
  const rows = [
    ['file', printable(name)],
    ['transfer syntax', `${transferSyntax.name} (${transferSyntax.uid})`],
    ['kind', kind],
    ...(format ? formatRows(format) : []),
    ...(provenance
      ? [
          ['range', describeRange(provenance)],
          ['pixel sha256', provenance.pixelSha256],
        ]
      : []),
    ...doubts.map((doubt) => ['in doubt', formatDoubt(doubt).replace(/^doubt /, '')]),
    ['can be read', problem === null ? 'yes' : `no: ${problem}`],
  ];
  return formatTable(rows, width);
}
