import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CommandLine } from '../../support/processes/command-line.ts';
import { startApi } from '../../support/servers/hostile-api.ts';
import { startPostgres } from '../../support/servers/postgres.ts';

const example = fileURLToPath(new URL('../../../examples/pipelines/orders.ts', import.meta.url));

const order = (id: number, more: object = {}) => ({
  id,
  customer: { name: `c${id}`, city: 'Oslo' },
  items: [{ sku: 'A1' }],
  total: id / 10,
  status: 'paid',
  updated_at: '2026-01-01T00:00:00Z',
  ...more,
});

const count = 400;
const all = Array.from({ length: count }, (_, i) => order(i + 1));

/** Eight pages of fifty: busy, broken, slow, the same rows again, of another schema, and rows that are none. */
function page(number: number): readonly unknown[] {
  const rows: unknown[] = all.slice((number - 1) * 50, number * 50);
  if (number === 4) return [...rows, ...all.slice(100, 130)]; // of the page before
  if (number === 5)
    return rows.map((row) => ({
      ...(row as object),
      discount: 5,
      customer: { ...(row as (typeof all)[0] & object).customer, vip: true },
    }));
  if (number === 6) return [...rows, { id: 'none' }, 'no order', order(9001, { total: 'much' })];
  return rows;
}

test('a hostile API into a table: each order once, what is none left out and counted', async () => {
  await using place = new CommandLine();
  await using postgres = await startPostgres();
  const tries = new Map<number, number>();
  await using api = await startApi(async ({ url }, _, response) => {
    const number = Number(url.searchParams.get('_page'));
    const nth = (tries.get(number) ?? 0) + 1;
    tries.set(number, nth);
    if (nth === 1 && number === 2) return void response.writeHead(429, { 'retry-after': '1' }).end();
    if (nth <= 2 && number === 3) return void response.writeHead(500).end('broken');
    if (nth === 1 && number === 7)
      return void response.writeHead(200, { 'content-length': '9999' }).write('[{', () => response.destroy());
    if (number === 8) await pause(1000);
    response.setHeader('X-Total-Count', String(count));
    return page(number);
  });
  const work = join(place.folder, 'work');
  mkdirSync(work);
  const env = { SHEAF_SECRET_POSTGRES_URL: postgres.url };
  const { stdout, stderr, code } = await place.start(
    ['run', example, '--param', `api=${api.url}/orders`, '--json'],
    work,
    env,
  ).ended;
  assert.equal(code, 0, stderr);
  const [loaded] = await postgres.query(
    'select count(*)::int as n, count(distinct id)::int as ids, sum(id)::int as sum, max(items) as items from orders',
  );
  assert.deepEqual(loaded, { n: count, ids: count, sum: (count * (count + 1)) / 2, items: 1 });
  const { life } = JSON.parse(stdout) as {
    readonly life: { readonly summary: { readonly sources: readonly object[] } };
  };
  assert.partialDeepStrictEqual(life.summary.sources[0], { rows: count + 30 + 3, rejected: 3 });
});
