import { createOnnxBackend } from '@crrg/backend-onnx';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { setImmediate } from 'node:timers/promises';
import { createRadiographClassifier, createReportPipeline } from '../node.js';
import type { Answer, Port, Request, Thread } from '../worker/messages.js';
import { serve, type WorkerEntry } from '../worker/serve.js';
import { microModel } from './micro-model.js';
import { microRclip } from './micro-rclip.js';

/** The entry of a worker whose models are the smallest, whatever is asked for. @internal */
export function microEntry(): WorkerEntry {
  const models = { model: microModel(), classifier: microRclip() };
  return {
    loadBackend: async (name, options) => {
      if (name !== undefined) (options['onWarning'] as ((text: string) => void) | undefined)?.(`no ${name}`);
      return createOnnxBackend({ threads: 1 });
    },
    createReportPipeline: (options) => createReportPipeline({ ...options, ...models }) as never,
    createRadiographClassifier: (options) => createRadiographClassifier({ ...options, ...models }) as never,
  };
}

/** Messages that were posted, and the memory that went along. @internal */
export interface PostLog {
  readonly posted: { readonly type: string; readonly transferred: number }[];
}

function portOf<Out, In>(port: MessagePort, log?: PostLog): Port<Out & { readonly type: string }, In> {
  return {
    post(message, transfer = []) {
      port.postMessage(message, [...transfer]);
      log?.posted.push({ type: message.type, transferred: transfer.length });
    },
    listen: (listener) => void port.on('message', listener),
  };
}

/** A thread that is none: messages pass, memory is lost where it is transferred, and all of it runs here. @internal */
export function microThread(entry: WorkerEntry = microEntry()): Thread & PostLog & { end(why: string): void } {
  const { port1, port2 } = new MessageChannel();
  const log: PostLog = { posted: [] };
  let tell: (why: string) => void = () => {};
  const end = (why: string) => {
    port1.close();
    tell(why);
  };
  serve(portOf<Answer, Request>(port2), entry, {
    breathe: async () => void (await setImmediate()),
    close: () => port2.close(),
  });
  return {
    ...log,
    ...portOf<Request, Answer>(port1, log),
    endsSafely: false,
    onEnd: (listener) => (tell = listener),
    keepAlive: (isNeeded) => (isNeeded ? port1.ref() : port1.unref()),
    terminate: () => port1.close(),
    end,
  };
}
