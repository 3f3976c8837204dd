import type { DType, Graph, HostTensor, StateDict } from '@crrg/tensor';

/** Engines that a page can run. */
export const PAGE_ENGINES = ['tfjs-webgl', 'tfjs-webgpu', 'tfjs-wasm', 'onnx-webgpu', 'onnx-wasm'] as const;

/** Name of an engine that a page can run. */
export type PageEngine = (typeof PAGE_ENGINES)[number];

/** An input of a run: data, or the number of a value that is in the page. */
export type WireInput = { readonly host: unknown } | { readonly held: number };

/** What Node asks of the page. `backend`, `executable` and `tensor` are numbers that the page gave. */
export type Request =
  | { readonly do: 'open'; readonly engine: PageEngine }
  | {
      readonly do: 'compile';
      readonly backend: number;
      readonly graph: Graph;
      readonly weights: StateDict | undefined;
      readonly name: string | undefined;
    }
  | {
      readonly do: 'run';
      readonly backend: number;
      readonly executable: number;
      readonly inputs: Readonly<Record<string, WireInput>>;
    }
  | { readonly do: 'read'; readonly backend: number; readonly tensor: number }
  | {
      readonly do: 'dispose';
      readonly backend: number;
      readonly what: 'tensor' | 'executable' | 'backend';
      readonly number: number;
    };

/** A value that stays in the page. */
export interface HeldTensor {
  readonly number: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** What the page answers, by request. */
export interface Results {
  readonly open: {
    readonly backend: number;
    readonly name: string;
    readonly versions: Readonly<Record<string, string>>;
    /** What the page says of its graphics device. */
    readonly device: string;
  };
  readonly compile: number;
  readonly run: Readonly<Record<string, HeldTensor>>;
  readonly read: HostTensor;
  readonly dispose: undefined;
}

/** How an answer ends: with a result, or an error as its fields; and how many values the backend then counts. */
export type Outcome =
  | { readonly result: unknown; readonly live: number }
  | {
      readonly error: { readonly name: string; readonly message: string; readonly code?: string | undefined };
      readonly live: number;
    };
