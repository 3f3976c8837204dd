import { DisposedError } from '@crrg/core';
import type { Executable } from './backend.js';

/** Compiled graphs by key, each compiled when it is first asked for. Owns them. */
export class ExecutableCache {
  private readonly compiled = new Map<string, Promise<Executable>>();
  private disposed = false;

  /** @param owner named in the error after {@link dispose} */
  constructor(private readonly owner: string) {}

  /**
   * The graph of this key; `compile` runs once, and again after a failure.
   * @throws {DisposedError} after {@link dispose}
   */
  get(key: string, compile: () => Promise<Executable>): Promise<Executable> {
    if (this.disposed) throw new DisposedError(this.owner);
    const known = this.compiled.get(key);
    if (known) return known;
    const executable = compile();
    this.compiled.set(key, executable);
    executable.catch(() => this.compiled.delete(key));
    return executable;
  }

  dispose(): void {
    this.disposed = true;
    for (const executable of this.compiled.values())
      executable.then(
        (stage) => stage.dispose(),
        () => undefined,
      );
    this.compiled.clear();
  }
}
