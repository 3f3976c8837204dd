import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CaseRequest, ChildMessage } from './child.js';
import type { CaseLimits } from './format.js';
import type { Outcome } from './outcome.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHILD = fileURLToPath(new URL('start-child.mjs', import.meta.url));
/** For loading a format and making a case, before its limits count. */
const MAKING_SECONDS = 120;
const LOOK_MS = 100;
/** Of a second, in the statistics of Linux. */
const TICKS = 100;
/** On a busy machine a process that has not computed for its seconds yet is given up after so many times of them. */
const PATIENCE = 6;
/** Printed text of a finding. */
const SHOWN = 2000;

/** Resident memory of a process, where the system tells. */
function residentMegabytes(pid: number): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 2 ** 20;
  } catch {
    return 0;
  }
}

/** Time that a process has computed, where the system tells. */
function computedSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return Infinity;
  }
}

/** Runs cases in a process of its own, which is replaced where it crashes, hangs or takes too much. */
export class WatchedChild {
  private child: ChildProcess | undefined;
  private printed = '';
  /** Readers write here; goes with the child's watcher. */
  private readonly folder = mkdtempSync(join(tmpdir(), 'crrg-fuzz-'));

  /** @param options `isBuilt` takes the packages as they were built, whose threads start faster, instead of their sources */
  constructor(private readonly options: { readonly isBuilt?: boolean } = {}) {}

  /** How a case went, whatever happens to its process. */
  async run(request: CaseRequest): Promise<Outcome> {
    this.printed = '';
    const outcome = await this.watch(request, (this.child ??= this.start()));
    // What was written before the last message is read in the same turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.printed === '' || outcome.kind === 'finding') return outcome;
    return { kind: 'finding', problem: `something was printed: ${this.printed.slice(0, SHOWN)}` };
  }

  /** Ends the process and removes what it wrote. */
  close(): void {
    this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private kill(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }

  private start(): ChildProcess {
    const child = fork(CHILD, {
      cwd: ROOT,
      execArgv: this.options.isBuilt ? [] : ['--conditions=@crrg/source'],
      env: { ...process.env, CRRG_FUZZ_FOLDER: this.folder, NODE_OPTIONS: '', VITEST: undefined },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (data: Buffer) => {
        if (this.child === child) this.printed += data.toString();
      });
    return child;
  }

  private watch(request: CaseRequest, child: ChildProcess): Promise<Outcome> {
    return new Promise((resolve) => {
      let limits: CaseLimits | undefined;
      let resident = 0;
      let timer: NodeJS.Timeout;
      const startClock = (seconds: number) => {
        clearTimeout(timer);
        const end = Date.now() + PATIENCE * seconds * 1000;
        const computed = computedSeconds(child.pid!);
        const ring = () => {
          const isIdle = computedSeconds(child.pid!) - computed < seconds;
          if (isIdle && Date.now() < end) timer = setTimeout(ring, LOOK_MS);
          else giveUp(`took longer than ${seconds} s`);
        };
        timer = setTimeout(ring, seconds * 1000);
      };
      const look = setInterval(() => {
        const grown = residentMegabytes(child.pid!) - resident;
        if (limits && grown > limits.megabytes) giveUp(tooLarge(grown, limits));
      }, LOOK_MS);
      const end = (outcome: Outcome) => {
        clearTimeout(timer);
        clearInterval(look);
        child.off('message', onMessage).off('close', onClose);
        resolve(outcome);
      };
      const giveUp = (problem: string) => {
        end({ kind: 'finding', problem });
        this.kill();
      };
      const onMessage = (message: ChildMessage) => {
        if (message.kind === 'ready') {
          limits = message.limits;
          resident = residentMegabytes(child.pid!);
          startClock(limits.seconds);
          return;
        }
        if (message.grownMegabytes > limits!.megabytes)
          return giveUp(tooLarge(message.grownMegabytes, limits!));
        end(message.outcome);
        // A peak hides the later ones below it.
        if (message.spareMegabytes > limits!.megabytes / 2) this.kill();
      };
      const onClose = (code: number | null, signal: string | null) =>
        giveUp(`the process ended with ${signal ?? `exit code ${code}`}: ${this.printed.slice(0, SHOWN)}`);
      child.on('message', onMessage).on('close', onClose);
      startClock(MAKING_SECONDS);
      child.send(request);
    });
  }
}

const tooLarge = (grown: number, { megabytes }: CaseLimits): string =>
  `took ${Math.round(grown)} MB of memory, more than ${megabytes} MB`;
