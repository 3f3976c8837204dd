import type { PageEngine } from './protocol.js';

/** The parts of WebGPU's interface that say which adapter the page has. */
interface Gpu {
  requestAdapter(): Promise<{ readonly info?: Readonly<Record<string, unknown>> } | null>;
}

async function describeWebGpu(): Promise<string> {
  const { gpu } = navigator as { gpu?: Gpu };
  const info = (await gpu?.requestAdapter())?.info;
  const said = ['vendor', 'architecture', 'device', 'description'].map((field) => info?.[field]);
  return `WebGPU: ${said.filter(Boolean).join(' ') || 'an adapter without a name'}`;
}

function describeWebGl(): string {
  const context = document.createElement('canvas').getContext('webgl2');
  if (!context) return 'no WebGL 2';
  const named = context.getExtension('WEBGL_debug_renderer_info');
  const renderer = context.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : context.RENDERER) as string;
  const floats = context.getExtension('EXT_color_buffer_float') ? 'float32' : 'no float32';
  return `WebGL 2: ${renderer}, ${floats} textures`;
}

/** What the page knows of the device that an engine computes on. */
export async function describeDevice(engine: PageEngine): Promise<string> {
  if (engine.endsWith('webgpu')) return describeWebGpu();
  if (engine.endsWith('webgl')) return describeWebGl();
  return `WebAssembly, ${crossOriginIsolated ? 'cross-origin isolated' : 'not cross-origin isolated'}`;
}
