import path from 'node:path';
import { DataError } from '@crrg/core';
import { writeAtomically, writeFully, writingTo } from '@crrg/core/node';
import { formatRegionStudy } from '../region-studies/lines.js';
import type { RegionStudy } from '../region-study.js';
import type { SkipCounts } from '../studies/skips.js';
import type { Rows } from '../table/csv-row.js';
import { countStudy, writeDataCard, type CountsBySplit, type DataCard } from './data-card.js';

/** What {@link writeRegionStudies} needs to know. */
export interface WriteRegionOptions {
  /** Name of the source, for the card and messages. */
  readonly source: string;
  /** For the card: what was asked for. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  readonly skips?: SkipCounts | undefined;
  readonly onStudy?: ((written: number) => void) | undefined;
}

/** Paths of films as they are where they are absolute, else from the file's folder. */
function seenFrom(out: string, study: RegionStudy): RegionStudy {
  if (path.isAbsolute(study.image)) return study;
  return { ...study, image: path.relative(path.dirname(path.resolve(out)), path.resolve(study.image)) };
}

/**
 * Writes region studies as JSON lines and a data card beside them. Both appear whole or not at all; one study is held at a time. Relative paths of films
 * are taken from the working folder, and stored as they lead from the file.
 * @throws {@link DataError} for a row that cannot be used, or an id that comes twice; {@link OutputError} where a file cannot be written
 */
export async function writeRegionStudies(
  studies: Rows<RegionStudy>,
  out: string,
  { source, settings = {}, skips, onStudy }: WriteRegionOptions,
): Promise<DataCard> {
  let counts: CountsBySplit = {};
  const ids = new Set<string>();
  await writingTo(out, () =>
    writeAtomically(out, async (handle) => {
      for await (const study of studies) {
        if (ids.has(study.id))
          throw new DataError(
            `${source}: study ${ids.size + 1}: expected an id of its own, got that of an earlier study; read each source once.`,
          );
        ids.add(study.id);
        await writeFully(handle, Buffer.from(formatRegionStudy(seenFrom(out, study))));
        counts = countStudy(counts, study, 0);
        onStudy?.(ids.size);
      }
    }),
  );
  const skipped = { ...skips?.counts };
  return writeDataCard(out, {
    schema: 'crrg/data-card/1',
    source,
    settings,
    splits: counts as DataCard['splits'],
    ...(Object.keys(skipped).length > 0 ? { skipped } : {}),
  });
}
