import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { explainPlan } from '../../../../../../coordinator/planner/explain/staged.ts';
import { runLocally } from '../../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../../support/same-rows.ts';

const bench = new PlannerBench({ broadcastBytesMax: 0, rereadBytesMax: 0, tasksPerSlot: 1 });
after(() => bench[Symbol.dispose]());

const groups = 'FORMAT parquet, ROW_GROUP_SIZE 2048';
const file = (name: string, select: string): string => `read_parquet('${bench.file(name, select, groups)}')`;
// Several rows of each key, so that row groups end in the middle of one.
const lines = file(
  'lines.parquet',
  "SELECT i // 7 - 1000 AS k, i % 7 AS line, i % 11 AS v, DATE '2020-01-01' + (i // 200)::INTEGER AS day FROM range(40_000) t(i)",
);
// Keys without lines, at both ends and in between, and lines without these keys.
const orders = file(
  'orders.parquet',
  "SELECT i * 2 - 1500 AS k, i % 5 AS g, 'order ' || i AS name FROM range(12_000) t(i)",
);
const shuffled = file('shuffled.parquet', 'SELECT (i * 7919) % 40_000 - 1000 AS k, i AS v FROM range(40_000) t(i)');
const holed = file('holed.parquet', 'SELECT CASE WHEN i % 100 > 0 THEN i END AS k, i AS v FROM range(20_000) t(i)');
const narrow = file('narrow.parquet', 'SELECT (i // 2)::INTEGER AS k, i AS v FROM range(20_000) t(i)');

/** The staged plan as people see it; its rows, as planned and as adapted, are DuckDB's. */
function explained(text: string, ordered = false): string {
  const staged = bench.plan({ kind: 'sql', text }, { slots: 4 });
  const expected = bench.connection.rows(text);
  const { directory, connection } = bench;
  const adapt = { slots: 4, limits: { ...bench.config, taskBytesMin: 2 ** 20 } };
  for (const stand of [{ directory }, { directory, adapt }])
    assertSameRows(connection.rows(`FROM ${runLocally(staged, connection, stand)}`), expected, ordered, text);
  return explainPlan(staged).text;
}

const inRanges = /tasks read ranges of it, and exchange nothing/;
const exchanged = /by the hash of/;

for (const type of ['', 'LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI', 'ASOF', 'ASOF LEFT']) {
  const more = type.startsWith('ASOF') ? 'AND l.v >= o.g' : '';
  const columns = type === 'SEMI' || type === 'ANTI' ? 'l.k, line, v' : 'l.k, line, v, o.k AS ok, g, name';
  test(`files in the order of a key are joined where they lie: ${type || 'inner'} join`, () => {
    const text = explained(`SELECT ${columns} FROM ${lines} l ${type} JOIN ${orders} o ON l.k = o.k ${more}`);
    assert.match(text, inRanges);
    assert.doesNotMatch(text, exchanged);
    assert.match(text, /^stage 0: scan lines\.parquet → .*join \(scan orders\.parquet/m);
    assert.equal(text.match(/^stage /gm)?.length, 1);
  });
}

const grouped: Readonly<Record<string, string>> = {
  groups: `SELECT k, count(*) AS n, count(DISTINCT v) AS d, median(v) AS m FROM ${lines} GROUP BY k`,
  'groups by days': `SELECT day, sum(v) AS s FROM ${lines} WHERE v > 2 GROUP BY day`,
  'distinct rows': `SELECT DISTINCT k, v % 2 AS even FROM ${lines}`,
  windows: `SELECT k, line, row_number() OVER (PARTITION BY k ORDER BY line) AS n FROM ${lines}`,
  'a join of three files': `SELECT o.g, max(n.v) AS m FROM ${lines} l JOIN ${orders} o ON l.k = o.k JOIN ${orders} p ON p.k = o.k JOIN (SELECT k::BIGINT AS k, v FROM ${narrow}) n ON n.k % 9 = p.g GROUP BY o.g`,
  'a join with groups': `SELECT o.k, name, n FROM ${orders} o JOIN (SELECT k, count(*) AS n FROM ${lines} GROUP BY k HAVING count(*) > 6) l ON l.k = o.k`,
  'groups of a join': `SELECT o.k, g, sum(v) AS s FROM ${lines} l JOIN ${orders} o USING (k) WHERE line < 5 GROUP BY o.k, g`,
  subqueries: `SELECT k, g FROM ${orders} o WHERE EXISTS (FROM ${lines} l WHERE l.k = o.k AND v = 3) AND NOT EXISTS (FROM ${lines} l WHERE l.k = o.k AND v = 4)`,
};
for (const [what, sql] of Object.entries(grouped)) {
  test(`files in the order of a key: ${what}`, () => assert.match(explained(sql), inRanges));
}

test('groups of a join by its key exchange nothing, and their order of columns does not matter', () => {
  const text = explained(grouped['groups of a join'] ?? '');
  assert.doesNotMatch(text, exchanged);
  assert.equal(text.match(/^stage /gm)?.length, 1);
});

test('a task reads the row group in which its range ends, but not the rows behind it', () => {
  const staged = bench.plan({ kind: 'sql', text: grouped.groups ?? '' }, { slots: 4 });
  const [input] = staged.stages[0]?.inputs ?? [];
  assert.equal(input?.kind, 'splits');
  const splits = input.kind === 'splits' ? input.perTask.flat() : [];
  const ranges = splits.map((split) => (split.kind === 'parquet' ? split.range : undefined));
  assert.deepEqual([ranges[0]?.from, ranges.at(-1)?.before], [undefined, undefined]);
  for (const [i, range] of ranges.slice(1).entries()) assert.equal(range?.from, ranges[i]?.before);
  const rows = splits.reduce((sum, split) => sum + (split.kind === 'parquet' ? split.rows : 0), 0);
  assert.ok(rows > 40_000 && rows <= 40_000 + 3 * 2048, `${rows} rows lie in the row groups that are read`);
});

test('what does not lie in the order of the key, has nulls there, or another type is exchanged', () => {
  const joined = (other: string): string => `SELECT l.k, l.v, o.v AS ov FROM ${lines} l JOIN ${other} o ON l.k = o.k`;
  for (const other of [shuffled, holed, narrow]) assert.doesNotMatch(explained(joined(other)), inRanges);
  assert.doesNotMatch(explained(`SELECT k, count(*) AS n FROM ${shuffled} GROUP BY k`), inRanges);
  assert.doesNotMatch(explained(`SELECT k, count(*) AS n FROM ${holed} GROUP BY k`), inRanges);
});

test('statistics of a column that a directory’s name hides say nothing', () => {
  for (const [part, k] of ['2', '0', '1', '3'].entries()) {
    mkdirSync(bench.path(`hidden/k=${k}`), { recursive: true });
    bench.file(`hidden/k=${k}/part.parquet`, `SELECT i + ${part * 9000} AS k, i AS v FROM range(9000) t(i)`, groups);
  }
  const counted = `SELECT k, count(*) AS n, sum(v) AS s FROM '${bench.path('hidden')}/*/*.parquet' GROUP BY k`;
  assert.doesNotMatch(explainPlan(bench.plan({ kind: 'sql', text: counted }, { slots: 4 })).text, inRanges);
});

test('types of files that are brought to another say nothing of it, whatever was asked of them before', () => {
  const days = file('days.parquet', "SELECT DATE '2020-01-01' + (i // 9)::INTEGER AS t FROM range(40_000) t(i)");
  const times = file(
    'times.parquet',
    "SELECT TIMESTAMP '2022-09-01' + INTERVAL (i // 9) DAY AS t FROM range(40_000) t(i)",
  );
  const count = (from: string): string => explained(`SELECT t, count(*) AS n FROM ${from} GROUP BY t`);
  for (const from of [days, times]) assert.match(count(from), inRanges);
  const both = `read_parquet(['${bench.path('days.parquet')}', '${bench.path('times.parquet')}'], union_by_name = true)`;
  assert.doesNotMatch(count(both), inRanges);
});

test('an expression over the key, or the key of rows that were cut or numbered before, is exchanged', () => {
  assert.doesNotMatch(explained(`SELECT k // 10 AS t, count(*) AS n FROM ${lines} GROUP BY t`), inRanges);
  const first = `SELECT k, count(*) AS n FROM (SELECT * FROM ${lines} ORDER BY k, line LIMIT 5000) GROUP BY k`;
  assert.doesNotMatch(explained(first), inRanges);
  const numbered = `SELECT day, max(n) AS m FROM (SELECT day, row_number() OVER (PARTITION BY k ORDER BY line) AS n FROM ${lines}) GROUP BY day`;
  assert.match(explained(numbered), exchanged);
});

for (const [what, sql] of Object.entries({
  upwards: `SELECT * FROM ${lines} ORDER BY k, line DESC`,
  downwards: `SELECT k, v, line FROM ${lines} WHERE v > 2 ORDER BY k DESC NULLS LAST, line`,
  'of groups': `SELECT day, count(*) AS n FROM ${lines} GROUP BY day ORDER BY day DESC`,
  'of a join': `SELECT l.k AS key, line, name FROM ${lines} l JOIN ${orders} o USING (k) ORDER BY key, line`,
})) {
  test(`rows in the order of files are sorted where they lie, ${what}`, () => {
    const text = explained(sql, true);
    assert.match(text, inRanges);
    assert.doesNotMatch(text, /^stage 1:/m);
  });
}

test('by something else, or where nulls come of a join, rows are sorted in ranges that a sample tells', () => {
  const others = `SELECT l.k, o.k AS ok, line FROM ${lines} l LEFT JOIN ${orders} o ON l.k = o.k`;
  for (const sql of [
    `SELECT * FROM ${lines} ORDER BY v, k, line`,
    `SELECT * FROM ${lines} ORDER BY -k, line`,
    `${others} ORDER BY ok, l.k, line`,
  ])
    assert.match(explained(sql, true), /bounds/);
});

test('the larger side of a join is sent, if the smaller one then stays in the order of a key that is joined by later', () => {
  const guests = file('guests.parquet', 'SELECT (i * 7919) % 6000 AS g, i % 9 AS n FROM range(6_000) t(i)');
  const few = `(SELECT k, g * 1000 + k % 1000 AS guest FROM ${orders} WHERE g = 2)`;
  const sql = `SELECT l.k, line, n FROM ${lines} l JOIN (SELECT * FROM ${few} o JOIN ${guests} g ON o.guest = g.g) o ON l.k = o.k`;
  const config = { ...bench.config, broadcastBytesMax: 2 ** 20 };
  const { text } = explainPlan(bench.plan({ kind: 'sql', text: sql }, { slots: 4, config }));
  assert.match(text, /^stage 0: scan guests\.parquet .*tasks\)/m);
  assert.match(text, /^stage 1: scan lines\.parquet → join \(scan orders\.parquet .*→ join → select\)/m);
});
