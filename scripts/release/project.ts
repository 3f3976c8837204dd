/** An empty project that installs the release and uses it: one row of the table. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expectedRuntime, nameOf, type Combination, type Runtime } from './combinations.js';
import { run, type Outcome } from './shell.js';
import { installerOf, nodeOf } from './tools.js';

export interface Surroundings {
  readonly tools: string;
  /** Address of the registry. */
  readonly registry: string;
  /** What was released. */
  readonly version: string;
  /** Where projects are made. */
  readonly folder: string;
  /** Files of `consumer`, and the film to report on. */
  readonly consumer: string;
  readonly film: string;
  /** Store of pnpm, kept between runs. */
  readonly store: string;
  readonly isNugetReachable: boolean;
}

/** What one check said: empty where it passed. */
export interface CheckResult {
  readonly check: string;
  readonly problem: string;
  readonly detail?: string | undefined;
}

const DIRECT = ['@crrg/pipeline', '@crrg/core', '@crrg/cli'];
const INSTRUCTION = /npm install onnxruntime-web/;

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';
const said = ({ code, out, err }: Outcome) => `exit code ${code}: ${`${err}\n${out}`.trim().slice(-1500)}`;

/** Settings of a project for pnpm: packages of today are new, and the packages with install scripts are settled, as our READMEs say. */
function pnpmSettings({ scripts }: Combination): string {
  const builds = scripts
    ? 'dangerouslyAllowAllBuilds: true'
    : 'allowBuilds:\n  onnxruntime-node: false\n  protobufjs: false';
  return `minimumReleaseAge: 0\n${builds}\n`;
}

/** One project of a combination, with the programs of its Node version first on the path. */
class Project {
  readonly folder: string;
  readonly film: string;
  private readonly env: NodeJS.ProcessEnv;

  constructor(
    private readonly combination: Combination,
    private readonly around: Surroundings,
    name: string,
    dependencies: readonly string[],
  ) {
    this.folder = path.join(around.folder, name);
    this.film = path.join(this.folder, 'film.png');
    mkdirSync(this.folder, { recursive: true });
    cpSync(around.consumer, this.folder, { recursive: true });
    cpSync(around.film, this.film);
    const bin = path.dirname(nodeOf(around.tools, combination.node));
    this.env = { PATH: `${bin}${path.delimiter}${process.env.PATH}`, npm_config_loglevel: 'error', CI: '1' };
    this.write('.npmrc', `registry=${around.registry}\n`);
    this.write('pnpm-workspace.yaml', pnpmSettings(combination));
    this.write(
      'package.json',
      JSON.stringify({
        name: 'consumer',
        private: true,
        type: 'module',
        dependencies: Object.fromEntries(dependencies.map((each) => [each, around.version])),
      }),
    );
  }

  write(file: string, text: string): void {
    writeFileSync(path.join(this.folder, file), text);
  }

  /** Installs what the manifest names, and more packages where some are given. */
  install(...more: readonly string[]): Promise<Outcome> {
    const { manager, scripts, optional } = this.combination;
    const [program, ...first] = installerOf(this.around.tools, this.combination);
    const isPnpm = manager === 'pnpm';
    const args = [
      ...first,
      isPnpm && more.length > 0 ? 'add' : 'install',
      ...more,
      ...(isPnpm ? [] : [`--ignore-scripts=${!scripts}`]),
      ...(optional ? [] : [isPnpm ? '--no-optional' : '--omit=optional']),
      ...(isPnpm ? ['--store-dir', this.around.store] : ['--no-audit', '--no-fund']),
    ];
    return run(program, args, { cwd: this.folder, env: this.env });
  }

  node(...args: readonly string[]): Promise<Outcome> {
    return run(nodeOf(this.around.tools, this.combination.node), args, { cwd: this.folder, env: this.env });
  }

  crrg(...args: readonly string[]): Promise<Outcome> {
    return run(path.join(this.folder, 'node_modules', '.bin', 'crrg'), args, {
      cwd: this.folder,
      env: this.env,
    });
  }
}

/** The report from code: on the runtime that is expected, or refused with what to install. */
async function checkReport(project: Project, expected: Runtime | 'web'): Promise<CheckResult> {
  const check = expected === 'web' ? 'report once onnxruntime-web is installed' : 'report from import';
  const outcome = await project.node('use-import.mjs', project.film);
  if (outcome.code !== 0) return { check, problem: said(outcome) };
  const { backend = '', code, message = '' } = JSON.parse(lastLine(outcome.out)) as Record<string, string>;
  const got = backend.startsWith('onnxruntime-node')
    ? 'native'
    : backend.startsWith('onnxruntime-web')
      ? 'web'
      : 'refused';
  if (got !== expected) return { check, problem: `expected ${expected}, got ${got}: ${backend}${message}` };
  if (got !== 'refused') return { check, problem: '', detail: backend };
  const isInstructive = code === 'BACKEND' && INSTRUCTION.test(message);
  return {
    check,
    problem: isInstructive ? '' : `expected what to install, got ${code}: ${message}`,
    detail: 'refused',
  };
}

async function checkCommand(
  project: Project,
  expected: Runtime | 'web',
  version: string,
): Promise<CheckResult[]> {
  const versionRun = await project.crrg('--version');
  const isVersion = versionRun.code === 0 && versionRun.out.trim().includes(version);
  const reportRun = await project.crrg('report', project.film, '--json', '--quiet');
  const isRefused = reportRun.code !== 0 && INSTRUCTION.test(reportRun.err);
  const isReport = reportRun.code === 0 && JSON.parse(reportRun.out).schema === 'crrg/report/1';
  return [
    { check: 'crrg --version', problem: isVersion ? '' : said(versionRun) },
    { check: 'crrg report', problem: (expected === 'refused' ? isRefused : isReport) ? '' : said(reportRun) },
  ];
}

async function checkRequire(project: Project): Promise<CheckResult> {
  const outcome = await project.node('use-require.cjs');
  return { check: 'require', problem: outcome.code === 0 ? '' : said(outcome) };
}

/** Compiles `use-types.ts` against the installed declarations. */
function checkTypes(project: Project): CheckResult[] {
  const { ModuleKind, ModuleResolutionKind } = ts;
  const modes = [
    { name: 'bundler', module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler },
    { name: 'node16', module: ModuleKind.Node16, moduleResolution: ModuleResolutionKind.Node16 },
  ];
  return modes.map(({ name, ...mode }) => {
    const options: ts.CompilerOptions = {
      ...mode,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      types: [],
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
    };
    const program = ts.createProgram([path.join(project.folder, 'use-types.ts')], options);
    const problem = ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), {
      getCanonicalFileName: (file) => file,
      getCurrentDirectory: () => project.folder,
      getNewLine: () => '\n',
    });
    return { check: `types, ${name}`, problem };
  });
}

/** `@crrg/metrics` and nothing else. */
async function checkMetrics(combination: Combination, around: Surroundings): Promise<CheckResult> {
  const check = '@crrg/metrics alone';
  const project = new Project(combination, around, `${slugOf(combination)}-metrics`, ['@crrg/metrics']);
  const installed = await project.install();
  if (installed.code !== 0) return { check, problem: said(installed) };
  const outcome = await project.node('use-metrics.mjs');
  return { check, problem: outcome.code === 0 ? '' : said(outcome) };
}

const slugOf = (combination: Combination) => nameOf(combination).replace(/\W+/g, '-');

/** Every check of a combination, in the order in which a user would meet them. */
export async function checkCombination(
  combination: Combination,
  around: Surroundings,
): Promise<CheckResult[]> {
  const project = new Project(combination, around, slugOf(combination), DIRECT);
  const installed = await project.install();
  const installation = { check: 'install', problem: installed.code === 0 ? '' : said(installed) };
  if (installation.problem) return [installation];
  const expected = expectedRuntime(combination, around.isNugetReachable);
  const results = [
    installation,
    await checkReport(project, expected),
    ...(await checkCommand(project, expected, around.version)),
    await checkRequire(project),
    ...checkTypes(project),
    await checkMetrics(combination, around),
  ];
  if (expected !== 'refused') return results;
  // What the error says to do helps.
  const added = await project.install('onnxruntime-web');
  if (added.code !== 0) return [...results, { check: 'install onnxruntime-web', problem: said(added) }];
  return [...results, await checkReport(project, 'web')];
}
