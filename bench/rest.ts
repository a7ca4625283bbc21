/**
 * Pages of an API that takes 20 ms for each, loaded by a pipeline, against the bound that the rate limit sets.
 * `npm run bench -- rest [pages] [requests per second]`
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { local } from '../client/index.ts';
import { pipeline, sink, source } from '../pipeline/index.ts';
import { dataDirectory } from './data.ts';
import { milliseconds, report } from './stopwatch.ts';

const [pages = 10_000, requestsPerSecond = 1000] = process.argv.slice(2).map(Number);
const latencyMs = 20;
const pageRows = 10;

/** When the pages were asked for, the first one (of the listing) left out. */
let askedMs: number[] = [];
const server = createServer((request, response) => {
  askedMs.push(performance.now());
  const page = Number(new URL(request.url ?? '', 'http://127.0.0.1').searchParams.get('page') ?? 0);
  const items = Array.from({ length: pageRows }, (_, i) => ({ id: page * pageRows + i, text: `row ${i}` }));
  setTimeout(
    () => response.setHeader('content-type', 'application/json').end(JSON.stringify({ items, pages })),
    latencyMs,
  );
});
await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rows`;
const folder = join(dataDirectory, 'pages');
await using cluster = await local({ workers: 2, threads: 2 });

async function load(rate: number | undefined): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  askedMs = [];
  const startedMs = performance.now();
  const { life } = await cluster.pipelines.run(
    pipeline('pages', {
      extract: source.rest({
        url,
        rows: 'items',
        pagination: { kind: 'page', param: 'page', first: 0, total: { of: 'pages', path: 'pages' } },
        schema: { id: 'bigint', text: 'varchar' },
        concurrency: 64,
        ...(rate === undefined ? {} : { requestsPerSecond: rate }),
      }),
      load: sink.files(folder),
    }),
  );
  const ms = performance.now() - startedMs;
  if (life.state !== 'succeeded' || life.summary.sources[0]?.rows !== pages * pageRows)
    throw new Error(JSON.stringify(life));
  return ms;
}

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(0)} % of the bound`;
report(`${pages} pages, ${latencyMs} ms each`, `${requestsPerSecond} requests/s`);
await load(undefined); // Warms up.
const free = await load(undefined);
report('no limit: the whole run', `${milliseconds(free)}, ${((pages / free) * 1000).toFixed(0)} pages/s`);
const whole = await load(requestsPerSecond);
const boundMs = (pages / requestsPerSecond) * 1000;
const asking = (askedMs.at(-1) ?? 0) - (askedMs[1] ?? 0);
report('bound of the limit', milliseconds(boundMs));
report('with the limit: from first to last request', `${milliseconds(asking)}, ${percent(boundMs, asking)}`);
report('with the limit: the whole run', `${milliseconds(whole)}, ${percent(boundMs, whole)}`);
let most = 0;
for (let first = 0, last = 0; last < askedMs.length; last += 1) {
  while ((askedMs[last] ?? 0) - (askedMs[first] ?? 0) >= 1000) first += 1;
  most = Math.max(most, last - first + 1);
}
report('most requests in any second', String(most));
rmSync(folder, { recursive: true, force: true });
server.close();
server.closeAllConnections();
