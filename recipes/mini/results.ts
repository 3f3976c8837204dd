import path from 'node:path';
import { writeResultsPage } from '@crrg/evaluate/node';
import type { JudgedReports } from './baselines.js';
import type { JudgedClassifier } from './contrastive.js';
import type { JudgedReportModel } from './report-model.js';
import { folderOf, type MiniRun } from './run.js';

/** Everything that a run measured. */
export interface MiniResults {
  readonly untrained: JudgedReportModel;
  readonly trained: JudgedReportModel;
  readonly baselines: Readonly<Record<string, JudgedReports>>;
  readonly classifiers: Readonly<Record<string, JudgedClassifier>>;
}

/** Writes the page that shows all of it. */
export async function writeMiniPage(run: MiniRun, results: MiniResults): Promise<string> {
  const images = path.dirname(run.files.regions);
  const named = [...Object.values(results.baselines), ...Object.values(results.classifiers)];
  return writeResultsPage(
    folderOf(run, 'results'),
    [
      {
        folder: results.trained.folder,
        name: 'RRG',
        images,
        runs: [folderOf(run, 'runs/rrg'), folderOf(run, 'runs/rclip-original')],
      },
      { folder: results.untrained.folder, name: 'RRG, untrained' },
      ...named.map(({ folder, name }) => ({ folder, name })),
    ],
    { title: 'The paper in miniature', overview: true, numExamples: 4 },
  );
}
