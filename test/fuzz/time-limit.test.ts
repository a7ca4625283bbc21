import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, World } from './fuzzer.ts';
import { Coverage } from './questions/coverage.ts';
import { TimeLimit } from './time-limit.ts';

/** Enough for the quick one on a busy machine. */
const short = 2000;
const endless = 'SELECT count(*) AS n FROM range(100000000) a(x), range(100000000) b(y) WHERE hash(x, y) = 1';
const quick = 'SELECT 1::BIGINT AS n';

function asked(sql: string, referenceSql: string): Case {
  const question = { plan: { kind: 'sql', text: sql } as const, sql, referenceSql, setup: [] };
  return { seed: 7, kind: 'sql', ...question, again: () => question, orderedBy: [], slots: 3, wide: false };
}

test('a question that DuckDB or Sheaf does not answer in time ends, and the next one is answered', async () => {
  await using time = new TimeLimit(short);
  using world = new World(0, new Coverage(), time);
  const reference = await world.ask(asked(quick, endless));
  assert.equal(reference.late, 'DuckDB');
  assert.equal(reference.difference, undefined);
  const own = await world.ask(asked(endless, quick));
  assert.equal(own.late, 'Sheaf');
  assert.equal(own.difference, `no answer of Sheaf within ${short} ms`);
  const next = await world.ask(asked(quick, quick));
  assert.deepEqual([next.late, next.difference], [undefined, undefined]);
});
