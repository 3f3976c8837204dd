/** Where text goes: a stream of the process, or a buffer in a test. */
export interface TextSink {
  write(text: string): unknown;
  /** Whether a person watches. */
  readonly isTTY?: boolean | undefined;
  /** Characters in a line. */
  readonly columns?: number | undefined;
}

/** Everything that a command may touch of the process. */
export interface CliIo {
  /** What was asked for. */
  readonly stdout: TextSink;
  /** Progress, warnings and errors; never the content of a report. */
  readonly stderr: TextSink;
  /** Stops the work at its next safe point. */
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a command finds when it runs. */
export interface CommandContext {
  readonly io: CliIo;
  /** Exit code of the command where it is not 0. */
  setExitCode(code: number): void;
}

/** What the exit codes of `crrg` mean. */
export const EXIT_CODES = {
  /** Everything that was asked for was done. */
  done: 0,
  /** Something failed: a picture, a model, an engine. The rest was done. */
  failed: 1,
  /** The command line makes no sense; nothing was done. */
  usage: 2,
  /** Stopped by Ctrl+C. */
  aborted: 130,
} as const;

/** Characters in a line of a sink; some terminals say 0, others nothing. */
export function widthOf({ columns }: TextSink): number {
  return columns === undefined || columns === 0 ? 100 : columns;
}
