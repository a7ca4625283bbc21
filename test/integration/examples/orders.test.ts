import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CommandLine } from '../../support/processes/command-line.ts';
import { startJsonServer } from '../../support/servers/json-server.ts';
import { startPostgres } from '../../support/servers/postgres.ts';

const path = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));
const example = path('examples/pipelines/orders.ts');

interface RunInfo {
  readonly id: string;
  readonly life: {
    readonly state: string;
    readonly summary: { readonly sources: readonly { readonly rows: number }[] };
  };
}

test('one API into one table: all of it at first, what has changed after that, each order once', async () => {
  await using place = new CommandLine();
  await using postgres = await startPostgres();
  await using api = await startJsonServer(path('examples/data/orders.json'));
  const work = join(place.folder, 'work');
  mkdirSync(work);
  const env = { SHEAF_SECRET_POSTGRES_URL: postgres.url };
  const run = async (): Promise<RunInfo> => {
    const { stdout, stderr, code } = await place.start(
      ['run', example, '--param', `api=${api.url}/orders`, '--json'],
      work,
      env,
    ).ended;
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout + stderr, new RegExp(postgres.password.replace(/[/]/g, '.')));
    return JSON.parse(stdout) as RunInfo;
  };

  const first = await run();
  assert.deepEqual([first.life.state, first.life.summary.sources[0]?.rows], ['succeeded', 250]);
  const [loaded] = await postgres.query(
    `select count(*)::int as n, count(distinct id)::int as ids, sum(items)::int as items, max(city) as city from orders`,
  );
  assert.deepEqual(loaded, { n: 250, ids: 250, items: itemsIn(path('examples/data/orders.json')), city: 'Oslo' });

  const change = { status: 'returned', updated_at: '2026-02-01T00:00:00Z' };
  const order = await fetch(`${api.url}/orders/7`, {
    method: 'PATCH',
    body: JSON.stringify(change),
    headers: { 'content-type': 'application/json' },
  });
  assert.ok(order.ok);
  const second = await run();
  assert.ok((second.life.summary.sources[0]?.rows ?? 0) < 20, 'only what is new is read');
  const [changed] = await postgres.query(
    `select count(*)::int as n, (select status from orders where id = 7) as status from orders`,
  );
  assert.deepEqual(changed, { n: 250, status: 'returned' });

  const ledger = await postgres.query(`select run from sheaf_ledger order by committed_at`);
  assert.deepEqual(
    ledger.map(({ run }) => run),
    [first.id, second.id],
  );
});

function itemsIn(file: string): number {
  const { orders } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly orders: readonly { readonly items: readonly unknown[] }[];
  };
  return orders.reduce((sum, { items }) => sum + items.length, 0);
}
