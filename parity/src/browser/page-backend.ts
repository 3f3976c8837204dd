import { BackendError } from '@crrg/core';
import type {
  Backend,
  BackendTensor,
  CompileOptions,
  DType,
  Executable,
  Graph,
  HostTensor,
  RunInput,
} from '@crrg/tensor';
import { openPage, type Answer, type Page, type PageLink } from './page-link.js';
import type { HeldTensor, PageEngine, Request, Results, WireInput } from './protocol.js';

/** What the values and graphs of one backend share. */
class Connection {
  /** Values that the page counted with its last answer. */
  #counted = 0;
  /** Of those, the ones that it was told to release since. */
  #released = 0;

  constructor(
    readonly link: PageLink,
    readonly backend: number,
  ) {}

  get live(): number {
    return this.#counted - this.#released;
  }

  async ask<Kind extends Exclude<Request['do'], 'open'>>(
    request: Extract<Request, { readonly do: Kind }>,
  ): Promise<Results[Kind]> {
    try {
      return this.#count(await this.link.ask<Kind>(request)).result;
    } catch (error) {
      if (error instanceof Error && 'live' in error) this.#count(error as unknown as Answer<never>);
      throw error;
    }
  }

  release(what: 'tensor' | 'executable' | 'backend', number: number, counts: number): void {
    this.#released += counts;
    void this.ask<'dispose'>({ do: 'dispose', backend: this.backend, what, number })
      .catch(() => undefined)
      .finally(() => (this.#released -= counts));
  }

  #count<A extends { readonly live: number }>(answer: A): A {
    this.#counted = answer.live;
    return answer;
  }
}

class PageTensor implements BackendTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  #isDisposed = false;

  constructor(
    readonly connection: Connection,
    readonly held: HeldTensor,
  ) {
    this.dtype = held.dtype;
    this.shape = held.shape;
  }

  read(): Promise<HostTensor> {
    const { backend } = this.connection;
    return this.connection.ask<'read'>({ do: 'read', backend, tensor: this.held.number });
  }

  dispose(): void {
    this.connection.release('tensor', this.held.number, this.#isDisposed ? 0 : 1);
    this.#isDisposed = true;
  }
}

function toWire(connection: Connection, input: RunInput): WireInput {
  if (!(input instanceof PageTensor)) return { host: input };
  if (input.connection.link === connection.link) return { held: input.held.number };
  throw new BackendError('parity.browser: expected a value of this page, got one of another; read it first.');
}

class PageExecutable implements Executable {
  constructor(
    readonly graph: Graph,
    private readonly connection: Connection,
    private readonly executable: number,
  ) {}

  async run(inputs: Readonly<Record<string, RunInput>>): Promise<Record<string, BackendTensor>> {
    const { backend } = this.connection;
    const wired = Object.entries(inputs).map(([name, input]) => [name, toWire(this.connection, input)]);
    const { executable } = this;
    const held = await this.connection.ask<'run'>({
      do: 'run',
      backend,
      executable,
      inputs: Object.fromEntries(wired),
    });
    return Object.fromEntries(
      Object.entries(held).map(([name, tensor]) => [name, new PageTensor(this.connection, tensor)]),
    );
  }

  dispose(): void {
    this.connection.release('executable', this.executable, 0);
  }
}

/** A backend whose engine runs in a page. */
export interface PageBackend extends Backend {
  /** What the page says of its graphics device. */
  readonly device: string;
}

/** A backend in a page that is open; the page stays open when it is disposed. */
export async function openPageBackend({ link }: Page, engine: PageEngine): Promise<PageBackend> {
  const { backend, ...said } = (await link.ask<'open'>({ do: 'open', engine })).result;
  const connection = new Connection(link, backend);
  return {
    ...said,
    async compile(graph: Graph, { weights, name, signal }: CompileOptions = {}) {
      signal?.throwIfAborted();
      const number = await connection.ask<'compile'>({ do: 'compile', backend, graph, weights, name });
      return new PageExecutable(graph, connection, number);
    },
    liveTensors: () => connection.live,
    dispose: () => connection.release('backend', backend, 0),
  };
}

/** A backend in a page of its own, which is closed with it. */
export async function createPageBackend(engine: PageEngine): Promise<PageBackend> {
  const page = await openPage();
  try {
    const backend = await openPageBackend(page, engine);
    return { ...backend, dispose: () => void page.close() };
  } catch (error) {
    await page.close();
    throw error;
  }
}
