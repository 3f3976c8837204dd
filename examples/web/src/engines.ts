/** Engines that the page offers, the one that runs everywhere first. */
export const ENGINE_NAMES = ['onnx-wasm', 'onnx-webgpu', 'own:webgl'] as const;

export type EngineName = (typeof ENGINE_NAMES)[number];

/** An engine, and whether this browser has it. */
export interface Engine {
  readonly name: EngineName;
  readonly title: string;
  readonly about: string;
  /** Why it cannot be chosen; undefined where it can. */
  readonly missing?: string;
}

const ABOUT: Readonly<Record<EngineName, Pick<Engine, 'title' | 'about'>>> = {
  'onnx-wasm': { title: 'WebAssembly', about: 'ONNX Runtime on the processor. Runs in every browser.' },
  'onnx-webgpu': { title: 'WebGPU', about: 'ONNX Runtime on the graphics card.' },
  'own:webgl': { title: 'WebGL', about: 'TensorFlow.js on the graphics card, also of older browsers.' },
};

/** The part of WebGPU that is asked for; not every TypeScript library has its types. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

async function missingWebGpu(): Promise<string | undefined> {
  const gpu = (navigator as { gpu?: Gpu }).gpu;
  if (!isSecureContext) return 'WebGPU needs a page that was loaded over https.';
  if (!gpu) return 'This browser has no WebGPU.';
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter ? undefined : 'This browser has WebGPU, but no graphics card that it may use.';
}

function missingWebGl(): string | undefined {
  const context = typeof OffscreenCanvas === 'function' && new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!context) return 'This browser has no WebGL 2 for workers.';
  const rendersFloats = context.getExtension('EXT_color_buffer_float') !== null;
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return rendersFloats ? undefined : 'The graphics card does not compute with 32-bit numbers.';
}

/** Which engines this browser has. */
export async function findEngines(): Promise<Engine[]> {
  const missing = { 'onnx-webgpu': await missingWebGpu(), 'own:webgl': missingWebGl() };
  return ENGINE_NAMES.map((name) => {
    const reason = name === 'onnx-wasm' ? undefined : missing[name];
    return { name, ...ABOUT[name], ...(reason !== undefined && { missing: reason }) };
  });
}
