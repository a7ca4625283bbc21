import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { runLocally } from '../support/planner/local-executor.ts';
import { PlannerBench } from '../support/planner/planner.ts';
import { assertSameRows } from '../support/same-rows.ts';
import { tpchDirectory } from './data.ts';
import { queriesOver } from './queries.ts';

/** After a change of plans that is meant: `SHEAF_REWRITE_GOLDENS=1 npm test -- tpch`. */
const isRewrite = process.env.SHEAF_REWRITE_GOLDENS === '1';
const goldens = new URL('../goldens/tpch/', import.meta.url);

/** Limits so small that a tenth of a gigabyte is planned as a hundred gigabytes would be. */
const bench = new PlannerBench({
  taskBytesMin: 400_000,
  broadcastBytesMax: 1_000_000,
  rereadBytesMax: 20_000,
  sortBytesMin: 2 ** 26,
});
const adapt = { slots: 4, limits: { ...bench.config, skewBytesMin: 100_000, skewPercent: 150, filterGainPercent: 50 } };
after(() => bench[Symbol.dispose]());
const directory = tpchDirectory(0.1, 20_480, bench.connection);

for (const [name, sql] of queriesOver(directory, bench.connection)) {
  test(`TPC-H ${name} is distributed as it was, wholly, and answers as DuckDB does`, () => {
    const staged = bench.plan({ kind: 'sql', text: sql }, { slots: 4 });
    const gathered = staged.notes.filter(({ text }) => text.startsWith('the query runs in one task'));
    assert.deepEqual(gathered, []);
    const table = runLocally(staged, bench.connection, { directory: bench.directory });
    // Ties of its sort keys may stand in any order; which rows a LIMIT keeps does not depend on them.
    const expected = bench.connection.rows(sql);
    assertSameRows(bench.connection.rows(`FROM ${table}`), expected, false, name);
    const adapted = runLocally(staged, bench.connection, { directory: bench.directory, adapt });
    assertSameRows(bench.connection.rows(`FROM ${adapted}`), expected, false, `${name}, adapted`);
    compare(name, bench.explain({ kind: 'sql', text: sql }, { slots: 4 }).replaceAll(`${directory}/`, 'TPCH/'));
  });
}

function compare(name: string, text: string): void {
  const file = new URL(`${name}.txt`, goldens);
  mkdirSync(goldens, { recursive: true });
  if (isRewrite || !existsSync(file)) writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'));
}
