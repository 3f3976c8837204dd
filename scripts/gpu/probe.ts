// Opens WebGPU in Node, which computes a sum there, and says so: exit code 1, with the reason, where it cannot. In a process of its own, since
// the driver is chosen by the environment.
import { loadBackend } from '@crrg/pipeline';

try {
  const backend = await loadBackend('onnx-webgpu');
  const versions = Object.entries(backend.versions).map(([module, version]) => `${module} ${version}`);
  console.log(`${backend.name} (${versions.join(', ')})`);
  backend.dispose();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
