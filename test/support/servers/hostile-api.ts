import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An API that answers as its test says, and notes what it was asked. */
export interface TestApi extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
}

/** A request that the API got. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly atMs: number;
}

/** What a test answers with: JSON, or the response itself. */
export type Answering = (asked: Asked, number: number, response: ServerResponse) => unknown;

/** @param answer called for each request; what it returns is sent as JSON, unless it has answered itself */
export async function startApi(answer: Answering): Promise<TestApi> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const one = {
      method: request.method ?? '',
      url,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
      atMs: performance.now(),
    };
    asked.push(one);
    const body = await answer(one, asked.length, response);
    if (response.headersSent || response.destroyed) return;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
