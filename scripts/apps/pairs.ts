/** How an app comes to its packages and where it computes. */
export interface App {
  readonly name: string;
  /** What runs: a program in Node, or the page of a bundler; `script` is a page without a build. */
  readonly runs: 'module' | 'bundle' | 'vite' | 'webpack' | 'rollup' | 'esbuild' | 'script';
  readonly way: 'here' | 'worker' | 'pool';
  /** The browser is started without a GPU and without a software adapter. */
  readonly lacksGpu: boolean;
}

/** An app on an engine. */
export interface Pair {
  readonly app: App;
  readonly engine: string;
  /** Where the engine may be refused: the code of the error, and what is missing then. */
  readonly mayRefuse?: { readonly code: string; readonly why: string } | undefined;
  /** Computed by a software adapter, whose times say nothing of a GPU. */
  readonly software: boolean;
}

/** Which pairs are tried. */
export interface Choice {
  readonly all: boolean;
  readonly only?: string | undefined;
  readonly hasTfjsNode: boolean;
  readonly hardware: boolean;
}

const app = (name: string, runs: App['runs'], way: App['way'] = 'here'): App => ({
  name,
  runs,
  way,
  lacksGpu: false,
});

const REFERENCE_APP = app('Node', 'module');
const VITE = app('page, Vite', 'vite');
const WITHOUT_BUILD = app('page without a build', 'script');
const VITE_WORKER = app('page, Vite, worker', 'vite', 'worker');
const WITHOUT_GPU: App = { ...VITE, name: 'page, Vite, no GPU', lacksGpu: true };

const NODE_APPS = [
  REFERENCE_APP,
  app('Node, CommonJS bundle', 'bundle'),
  app('Node, worker', 'module', 'worker'),
  app('Node, pool', 'module', 'pool'),
];
const PAGE_APPS = [
  VITE,
  app('page, webpack', 'webpack'),
  app('page, Rollup', 'rollup'),
  app('page, esbuild', 'esbuild'),
  WITHOUT_BUILD,
  VITE_WORKER,
  WITHOUT_GPU,
];

const NODE_ENGINES = ['onnx', 'onnx-wasm', 'tfjs-wasm', 'tfjs-cpu', 'tfjs-node', 'onnx-webgpu', 'onnx-cuda'];
const ONNX_IN_PAGES = ['onnx', 'onnx-webgpu'];
const PAGE_ENGINES = [...ONNX_IN_PAGES, 'tfjs-wasm', 'tfjs-webgl', 'tfjs-webgpu'];
const ON_GPU = /webgpu|webgl/;

/** What an engine lacks on a machine without it. */
const LACKING: Readonly<Record<string, string>> = {
  'onnx-webgpu': 'needs a GPU with a Vulkan driver',
  'onnx-cuda': 'needs the CUDA provider and an NVIDIA GPU',
  'tfjs-node': 'needs a built addon, named by CRRG_TFJS_NODE',
};

/** Whether an app runs in a page. */
export const isPage = ({ runs }: App): boolean => runs !== 'module' && runs !== 'bundle';

/** Engines that an app is tried with. The script for script tags finds ONNX Runtime alone, and a worker takes engines by name only. */
function enginesOf(each: App, all: boolean): readonly string[] {
  if (each === WITHOUT_BUILD || each === VITE_WORKER) return ONNX_IN_PAGES;
  if (each === WITHOUT_GPU) return PAGE_ENGINES.filter((name) => ON_GPU.test(name));
  if (isPage(each)) return all || each === VITE ? PAGE_ENGINES : ['onnx'];
  return all || each === REFERENCE_APP ? NODE_ENGINES : ['onnx'];
}

/** What an app may lack for an engine; undefined where it must work. */
function lackOf(each: App, engine: string, hasTfjsNode: boolean): string | undefined {
  if (each.lacksGpu) return 'the browser has no GPU';
  return isPage(each) || (engine === 'tfjs-node' && hasTfjsNode) ? undefined : LACKING[engine];
}

function pairOf(each: App, engine: string, { hasTfjsNode, hardware }: Choice): Pair {
  const why = lackOf(each, engine, hasTfjsNode);
  return {
    app: each,
    engine,
    mayRefuse: why === undefined ? undefined : { code: 'BACKEND', why },
    software: isPage(each) && !each.lacksGpu && ON_GPU.test(engine) && !hardware,
  };
}

/** Name of a pair, which `--only` looks for a text in. */
export const nameOf = ({ app: each, engine }: Pair): string => `${each.name}: ${engine}`;

/** The pairs to try. The first, Node with its native engine, is always there: the others must say the same. */
export function choosePairs(choice: Choice): [Pair, ...Pair[]] {
  const pairs = [...NODE_APPS, ...PAGE_APPS].flatMap((each) =>
    enginesOf(each, choice.all).map((engine) => pairOf(each, engine, choice)),
  );
  const text = choice.only?.toLowerCase() ?? '';
  const [reference, ...others] = pairs;
  return [reference!, ...others.filter((pair) => nameOf(pair).toLowerCase().includes(text))];
}
