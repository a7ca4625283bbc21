import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PlanNode, PlanOf } from '../../../../../../shared/plan/node.ts';
import { runLocally } from '../../../../../support/planner/local-executor.ts';
import { PlannerBench, scan } from '../../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../../support/same-rows.ts';

const bench = new PlannerBench({ broadcastBytesMax: 0, rereadBytesMax: 0 });
after(() => bench[Symbol.dispose]());

const left = bench.file(
  'left.parquet',
  `SELECT i, CASE WHEN i % 10 = 0 THEN NULL ELSE i % 40 END AS whole, (i % 40)::FLOAT AS single,
    (i % 40)::DOUBLE AS real, ((i % 40) / 2)::DECIMAL(9, 1) AS exact, (i % 40)::VARCHAR AS word,
    DATE '2024-01-01' + (i % 40)::INTEGER AS day FROM range(5000) t(i)`,
);
const right = bench.file(
  'right.parquet',
  `SELECT j, (j % 60)::INTEGER AS whole32, (j % 60)::HUGEINT AS huge, (j % 60)::DOUBLE AS real64, (j % 60)::UTINYINT AS tiny,
    ((j % 60) / 4)::DECIMAL(18, 3) AS exact3, (j % 60)::VARCHAR AS word2, TIMESTAMP '2024-01-01' + INTERVAL (j % 60) DAY AS at
  FROM range(3000) t(j)`,
);

const join = (sql: string, type: 'inner' | 'left' = 'inner'): PlanOf<'join'> => ({
  kind: 'join',
  type,
  left: scan(left),
  right: scan(right),
  on: { kind: 'condition', sql },
});

const count = (input: PlanNode): PlanNode => ({
  kind: 'aggregate',
  input,
  keys: [],
  aggregates: [
    { name: 'n', sql: 'count(*)' },
    { name: 'i', sql: 'sum(i)' },
    { name: 'j', sql: 'sum(j)' },
  ],
});

function check(condition: string, type: 'inner' | 'left' = 'inner') {
  const staged = bench.plan(count(join(condition, type)));
  const table = runLocally(staged, bench.connection, { directory: bench.directory });
  const sql = `SELECT count(*) AS n, sum(i) AS i, sum(j) AS j FROM '${left}' l ${type} JOIN '${right}' r ON ${condition}`;
  assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(sql), true, `${type} ${condition}`);
  return staged.stages.map(({ output }) => (output.kind === 'exchange' ? output.partitioning : undefined));
}

const hashed = [
  'l.whole = r.whole32',
  'l.whole = r.huge',
  'l.whole = r.real64',
  'l.whole = r.tiny',
  'l.single = r.whole32',
  'l.single = r.real64',
  'l.real = r.exact3',
  'l.exact = r.exact3',
  'l.exact = r.whole32',
  'l.word = r.word2',
  'l.day = r.at',
  'r.whole32 = l.whole AND l.i > r.j',
  'l.whole IS NOT DISTINCT FROM r.whole32',
  'whole + 1 = whole32 * 2 AND word = word2',
];

test('both sides are hashed by one type: rows that meet are in one partition', () => {
  for (const condition of hashed) {
    for (const type of ['inner', 'left'] as const) {
      const kinds = check(condition, type).map((partitioning) => partitioning?.kind);
      assert.deepEqual(kinds.slice(0, 2), ['hash', 'hash'], condition);
    }
  }
});

test('a condition without an equality of one hash sends the right side whole', () => {
  for (const condition of [
    'l.i = r.j + l.i',
    'l.whole < r.tiny AND l.i < 50',
    'l.whole = r.word2',
    'l.i < 3 OR l.whole = r.whole32',
  ]) {
    const kinds = check(condition).map((partitioning) => partitioning?.kind);
    assert.ok(!kinds.includes('hash'), condition);
  }
});

test('hashing by the same text over other types would lose rows', () => {
  const [first] = check('l.whole = r.real64');
  assert.deepEqual(first, { kind: 'hash', keys: ['TRY_CAST("whole" AS DOUBLE)'], partitions: 2 });
});

test('EXISTS is asked before other joins over few rows, after them over many: it hardly leaves any out', () => {
  const few = bench.file('few.parquet', 'SELECT i AS f FROM range(10) r(i)');
  const sql = (rows: string) => `SELECT i, f FROM '${left}' l, '${few}' WHERE i % 40 = f
    AND EXISTS (SELECT 1 FROM '${left}' o WHERE o.i = l.i + 1 AND ${rows}) AND NOT EXISTS (FROM '${right}' WHERE j = i)`;
  const names = (rows: string): string => {
    const staged = bench.plan({ kind: 'sql', text: sql(rows) });
    const table = runLocally(staged, bench.connection, { directory: bench.directory });
    assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(sql(rows)), false, rows);
    return staged.stages.map(({ name }) => name).join(' → ');
  };
  assert.match(names('o.i % 100 = 1'), /→ semi join .*→ join/);
  assert.match(names('o.i >= 0'), /→ join .*semi join$/);
});

test('rows that an equality by way of another relation rules out are left out where they are read', () => {
  const few = bench.file('wanted.parquet', `SELECT i AS f, 'name ' || i AS n FROM range(200) r(i)`);
  const parts = `read_parquet('${left}')`;
  const other = bench.file('other.parquet', 'SELECT i % 200 AS o, i AS at FROM range(4000) r(i)');
  const typed = bench.file('typed.parquet', 'SELECT (i % 200)::DOUBLE AS o, i AS at FROM range(4000) r(i)');
  const sql = (third: string) => `SELECT count(*) c, sum(l.i) s, sum(t.at) a FROM ${parts} l, '${few}' w, '${third}' t
    WHERE l.i = w.f AND t.o = l.i AND w.n LIKE '%99'`;
  const halves = (third: string): number => {
    const staged = bench.plan({ kind: 'sql', text: sql(third) });
    const table = runLocally(staged, bench.connection, { directory: bench.directory });
    assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(sql(third)), false, third);
    return staged.stages.filter(({ name }) => name.includes('semi join')).length;
  };
  assert.equal(halves(other), 1);
  assert.equal(halves(typed), 0);
});
