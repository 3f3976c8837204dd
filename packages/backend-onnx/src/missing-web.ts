import { BackendError } from '@crrg/core';

/** @throws {BackendError} always: the web runtime, an optional peer, cannot be loaded */
export function refuseWithoutWeb(cause: unknown): never {
  const message = cause instanceof Error ? cause.message : String(cause);
  throw new BackendError(
    `backend-onnx.create: expected onnxruntime-web, got "${message}"; run npm install onnxruntime-web.`,
    { cause },
  );
}
