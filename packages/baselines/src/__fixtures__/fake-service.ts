import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the service says to one request. @internal */
export interface FakeReply {
  /** @defaultValue 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds before it says anything. */
  readonly delayMs?: number;
  /** Cuts the connection instead. */
  readonly hangUp?: boolean;
}

/** A request as it came. @internal */
export interface FakeRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly model: string;
    readonly max_tokens: number;
    readonly messages: readonly {
      readonly content: readonly { readonly type: string; readonly text?: string; readonly image_url?: { url: string } }[];
    }[];
  };
  readonly at: number;
}

/** A chat completion. @internal */
export const says = (content: unknown, more: { finish_reason?: string; refusal?: string } = {}): FakeReply => ({
  body: JSON.stringify({
    choices: [
      { message: { role: 'assistant', content, refusal: more.refusal ?? null }, finish_reason: more.finish_reason ?? 'stop' },
    ],
  }),
});

/** An error as services write it. @internal */
export const fails = (status: number, code?: string, headers?: Record<string, string>): FakeReply => ({
  status,
  ...(headers && { headers }),
  body: JSON.stringify({ error: { message: 'SECRET free text of the service', code } }),
});

/** A service on this machine that gives its replies one after the other, the last one again and again. @internal */
export async function startFakeService(replies: readonly FakeReply[]) {
  const requests: FakeRequest[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const { status = 200, headers = {}, body = '', delayMs = 0, hangUp } =
        replies[Math.min(requests.length, replies.length - 1)]!;
      const parsed = JSON.parse(text) as FakeRequest['body'];
      requests.push({ path: request.url!, headers: request.headers, body: parsed, at: Date.now() });
      if (hangUp) return void request.socket.destroy();
      setTimeout(() => response.writeHead(status, headers).end(body), delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
