import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { AdaptLimits } from '../../../../../../coordinator/planner/adapt/progress.ts';
import { explainPlan } from '../../../../../../coordinator/planner/explain/staged.ts';
import type { Adaptation } from '../../../../../../shared/plan/job.ts';
import { runLocally } from '../../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../../support/same-rows.ts';

const bench = new PlannerBench({ broadcastBytesMax: 0, rereadBytesMax: 0 });
after(() => bench[Symbol.dispose]());

const facts = bench.file(
  'facts.parquet',
  "SELECT i AS id, i % 997 AS k, i % 7 AS g, 'text ' || i AS t FROM range(20000) r(i)",
);
// Half of the keys that facts have, and others: outer joins have rows of either side alone.
const names = bench.file('names.parquet', "SELECT i * 2 AS n, i % 5 AS g, 'name ' || i AS name FROM range(6000) r(i)");
const skewed = bench.file(
  'skewed.parquet',
  'SELECT i AS id, CASE WHEN i % 10 < 8 THEN 7 ELSE i % 1000 END AS k FROM range(20000) r(i)',
);
const [f, n, s] = [facts, names, skewed].map((path) => `read_parquet('${path}')`);
const joined = (type: string, columns: string, rest = ''): string =>
  `SELECT ${columns} FROM ${f} f ${type} JOIN ${n} n ON f.k = n.n ${rest}`;

/** Plans for many tasks, runs as planned and as adapted by the limits; rows must be DuckDB's. */
function run(sql: string, limits: Partial<AdaptLimits> = {}): { text: string; adaptations: readonly Adaptation[] } {
  const staged = bench.plan({ kind: 'sql', text: sql }, { slots: 4 });
  const expected = bench.connection.rows(sql);
  const { directory, connection } = bench;
  const same = (table: string, how: string): void =>
    assertSameRows(connection.rows(`FROM ${table}`), expected, false, `${how}: ${sql}`);
  same(runLocally(staged, connection, { directory }), 'as planned');
  const adaptations: Adaptation[] = [];
  const adapt = { slots: 4, limits: { ...bench.config, taskBytesMin: 1, taskBytesTarget: 2 ** 30, ...limits } };
  same(runLocally(staged, connection, { directory, adapt, adaptations }), 'adapted');
  return { text: explainPlan(staged).text, adaptations };
}

const isReused = (sql: string): boolean => run(sql).text.includes('already partitioned by');

const reusing: Readonly<Record<string, string>> = {
  'the left key of an inner join': joined('', 'f.k, count(*) c, min(name) m', 'GROUP BY f.k'),
  'the right key of an inner join': joined('', 'n.n, count(*) c', 'GROUP BY n.n'),
  'more keys than the join has': joined('', 'n.n, f.g, count(*) c, list(id ORDER BY id) l', 'GROUP BY n.n, f.g'),
  'the left key of a left join': joined('LEFT', 'f.k, count(name) c', 'GROUP BY f.k'),
  'the right key of a right join': joined('RIGHT', 'n.n, count(id) c', 'GROUP BY n.n'),
  'a renamed key, filtered': `SELECT other, sum(id) s FROM (${joined('', 'f.k AS other, id, f.g + n.g AS total')})
     WHERE total > 2 GROUP BY other`,
  'distinct rows': joined('', 'DISTINCT f.k, f.g'),
  'distinct values in groups': joined('', 'f.k, count(DISTINCT f.g) c', 'GROUP BY f.k'),
  'key sets that share the key': joined('', 'f.k, f.g, count(*) c', 'GROUP BY ROLLUP (f.g), f.k'),
  'a window by the key': joined('', 'id, name, row_number() OVER (PARTITION BY f.k ORDER BY id, name) r'),
  'groups of groups': `SELECT k, max(c) m FROM (SELECT k, g, median(id) c FROM ${f} GROUP BY k, g) GROUP BY g, k`,
  'a window over groups': `SELECT k, c, rank() OVER (PARTITION BY k ORDER BY c) r
     FROM (SELECT k, count(*) c FROM ${f} GROUP BY k)`,
};

for (const [what, sql] of Object.entries(reusing))
  test(`rows that have met are not exchanged anew: ${what}`, () => assert.ok(isReused(sql), run(sql).text));

const sums = `(SELECT k, g, sum(id) s FROM ${f} GROUP BY k, g)`;
const lists = `(SELECT k, list(id ORDER BY id) l FROM ${f} GROUP BY k)`;
const some = `(SELECT n, g AS h, name FROM ${n} WHERE n < 300)`;
const joining = (left: string, type: string, right: string, on: string): string =>
  `SELECT * FROM ${left} a ${type} JOIN ${right} b ON ${on}`;

const joinedInPlace: Readonly<Record<string, string>> = {
  'groups on the right, which are many beside the left side': joining(some, '', lists, 'a.n = b.k'),
  'groups on the left': joining(lists, '', some, 'a.k = b.n'),
  'groups by two keys, joined by them in another order': joining(sums, '', some, 'b.h = a.g AND a.k = b.n'),
  'groups by one of the keys': joining(lists, '', some, 'a.k = b.n AND len(a.l) = b.h'),
  'nulls that are not distinct': joining(
    `(SELECT nullif(k, 3) AS k, count(*) c FROM ${f} GROUP BY 1)`,
    '',
    `(SELECT nullif(n, 4) AS m, name FROM ${n} WHERE n < 300)`,
    'a.k IS NOT DISTINCT FROM b.m',
  ),
  'distinct rows': joining(`(SELECT DISTINCT k, g FROM ${f})`, '', some, 'a.k = b.n AND a.g = b.h'),
  'a window': joining(
    `(SELECT k, id, row_number() OVER (PARTITION BY k ORDER BY id) r FROM ${f})`,
    '',
    some,
    'a.k = b.n',
  ),
  'groups of both sides by the same keys': joining(
    lists,
    '',
    `(SELECT k AS j, max(t) m FROM ${f} GROUP BY k)`,
    'a.k = b.j',
  ),
  'groups of the joined rows': `SELECT k, max(name), count(*) FROM (${joining(sums, '', some, 'a.k = b.n AND a.g = b.h')}) GROUP BY k, g`,
};
for (const [what, sql] of Object.entries(joinedInPlace))
  test(`rows that have met stay where they are, and the other side of a join comes there: ${what}`, () =>
    assert.ok(isReused(sql), run(sql).text));

for (const type of ['LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI', 'ASOF', 'ASOF LEFT'])
  for (const side of ['left', 'right'])
    test(`groups that are the ${side} side of a join (${type}) stay where they are`, () => {
      const [left, right, key, other] = side === 'left' ? [sums, some, 'a.k', 'b.n'] : [some, sums, 'a.n', 'b.k'];
      const keys = side === 'left' ? `${key} = ${other} AND a.g = b.h` : `${key} = ${other} AND a.h = b.g`;
      const near = type.startsWith('ASOF') ? (side === 'left' ? ' AND a.s >= b.h' : ' AND a.h <= b.s') : '';
      const sql = joining(left, type, right, `${keys}${near}`);
      assert.ok(isReused(sql), run(sql).text);
      // Merged, and with more partitions than were planned: both sides alike.
      for (const limits of [{ taskBytesMin: 40_000 }, { taskBytesMin: 2 ** 30 }, { broadcastBytesMax: 2 ** 30 }])
        run(sql, limits);
    });

const hashedAnew: Readonly<Record<string, string>> = {
  'a side that is smaller than the other': joining(lists, '', `(SELECT k AS j, id, t FROM ${f})`, 'a.k = b.j'),
  'a side of which nobody knows how little it is': joining(
    `(SELECT k, sum(id) s FROM ${f} GROUP BY k HAVING sum(id) % 97 = 5)`,
    'SEMI',
    some,
    'a.k = b.n',
  ),
  'groups by more than the keys': joining(sums, '', some, 'a.k = b.n'),
  'a key of another type': joining(lists, '', `(SELECT n::INTEGER AS n, name FROM ${some})`, 'a.k = b.n'),
  'what a join by hash yields': `SELECT * FROM (${joined('', 'f.k, f.id')}) a JOIN ${some} b ON a.k = b.n`,
};

for (const [what, sql] of Object.entries(hashedAnew))
  test(`both sides of a join are exchanged: ${what}`, () => assert.ok(!isReused(sql), run(sql).text));

const meetingAnew: Readonly<Record<string, string>> = {
  'the right key of a left join': joined('LEFT', 'n.n, count(*) c', 'GROUP BY n.n'),
  'the left key of a right join': joined('RIGHT', 'f.k, count(*) c', 'GROUP BY f.k'),
  'the key of a full join': joined('FULL', 'f.k, count(*) c', 'GROUP BY f.k'),
  'a part of the keys': `SELECT f.k, count(*) c FROM ${f} f JOIN ${n} n ON f.k = n.n AND f.g = n.g GROUP BY f.k`,
  'a computed key of the same name': `SELECT k, count(*) c FROM (${joined('', 'f.k % 10 AS k, id')}) GROUP BY k`,
  'another column by the name of the key': `SELECT k, count(*) c FROM (${joined('', 'f.g AS k, f.k AS g')}) GROUP BY k`,
  'a computed join key': `SELECT f.k, count(*) c FROM ${f} f JOIN ${n} n ON f.k + f.g = n.n GROUP BY f.k`,
  'a union of joins': `SELECT k, count(*) c FROM (${joined('', 'f.k, id')} UNION ALL ${joined('LEFT', 'f.k, id')})
     GROUP BY k`,
  'key sets without the key': joined('', 'f.k, f.g, count(*) c', 'GROUP BY ROLLUP (f.k, f.g)'),
  'a window by another key': joined('', 'id, name, count(*) OVER (PARTITION BY f.g) r'),
  'no key': joined('', 'count(*) c, sum(id) s'),
};

for (const [what, sql] of Object.entries(meetingAnew))
  test(`rows are exchanged where they have not met: ${what}`, () => assert.ok(!isReused(sql), run(sql).text));

test('a join that groups rely on is neither split nor sent whole, but its partitions are merged', () => {
  const limits = { broadcastBytesMax: 2 ** 30, skewBytesMin: 1, skewPercent: 100, awaitOtherSidePercent: 0 };
  const pairs = `SELECT s.k, s.id, n.name FROM ${s} s JOIN ${n} n ON s.k = n.n`;
  const kinds = (sql: string): string[] => run(sql, limits).adaptations.map(({ kind }) => kind);
  assert.ok(kinds(pairs).includes('broadcast'));
  const grouped = `SELECT k, count(*) c, max(name) m FROM (${pairs}) GROUP BY k`;
  assert.match(run(grouped).text, /already partitioned by k = n|already partitioned by k/);
  assert.deepEqual(
    kinds(grouped).filter((kind) => kind === 'broadcast' || kind === 'split'),
    [],
  );
  const without = run(pairs, { ...limits, broadcastBytesMax: 0 }).adaptations.map(({ kind }) => kind);
  assert.ok(without.includes('split'));
  const few = run(grouped, { taskBytesMin: 2 ** 30 }).adaptations.map(({ kind }) => kind);
  assert.ok(few.includes('merged'));
});
