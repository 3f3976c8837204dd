declare const PINNED: Readonly<Record<'modelTiny' | 'image' | 'onnxruntimeWeb', string>>;

/** Packages that the script finds beside its own, and their versions, which the build writes in. */
const VERSIONS = {
  '@crrg/model-tiny': PINNED.modelTiny,
  '@crrg/image': PINNED.image,
  'onnxruntime-web': PINNED.onnxruntimeWeb,
} as const;

/** Of `ROOT@crrg/pipeline@VERSION/dist/cdn/crrg.js`; without a version in `node_modules`. */
const OWN_PLACE = /^(.*?)@crrg\/pipeline(@[^/]+)?\//;

/**
 * The address of a file in another package, on the server that this script came from: as content delivery networks lay packages out, or as
 * `node_modules` does.
 * @throws where the script lies elsewhere
 */
export function packageFile(name: keyof typeof VERSIONS, file: string, script = import.meta.url): string {
  const place = OWN_PLACE.exec(script);
  if (!place)
    throw new TypeError(
      `crrg.js: expected an address with @crrg/pipeline to find ${name} beside it, got ${script}; serve it from node_modules or a CDN of npm packages, or bundle @crrg/pipeline.`,
    );
  const version = place[2] === undefined ? '' : `@${VERSIONS[name]}`;
  return `${place[1]}${name}${version}/${file}`;
}
