/** A film of noise, the same in every runtime. */
export const FILM = {
  width: 300,
  height: 280,
  bitDepth: 8,
  channels: 1,
  data: Uint8Array.from({ length: 300 * 280 }, (_, at) => (at * at * 7919 + at * 31) % 251),
};

/** What a report says, without how and when it was made. */
export const said = ({ text, findings, regions, input }) =>
  JSON.stringify({
    text,
    sentences: findings.map(({ sentence }) => sentence),
    input,
    regions: regions.length,
  });
