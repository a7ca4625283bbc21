/** What a gathered question reads of its files: a star means the columns of what its own SELECT reads. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertAsDuckDb } from '../../../../support/planner/as-duckdb.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const p = bench.file('p.parquet', `SELECT i, i % 7 AS k, i % 31 AS n, 'v' || i AS s FROM range(3000) t(i)`);
const q = bench.file('q.parquet', 'SELECT i, i % 5 AS k, i % 40 AS n FROM range(700) t(i)');

/** The columns that are scanned, in the order of the text. */
const questions: readonly (readonly [sql: string, scans: readonly string[]])[] = [
  [
    `with recursive t as (select i, k from '${p}' where i < 5 union all select f.i, f.k from '${p}' f join t on f.i = t.i + 100) select * from t`,
    ['p.parquet (i, k)'],
  ],
  [
    `with recursive t as (select i, k from '${p}' where i < 5 union all select x.* from (select f.i, f.k from '${p}' f join t on f.i = t.i + 100) x) select * from t order by all`,
    ['p.parquet (i, k)'],
  ],
  [
    `with recursive t as (select i, k from '${p}' where i < 5 union all select t.* replace (f.i as i) from '${p}' f join t on f.i = t.i + 100) select t.*, q.n from t join '${q}' q using (i)`,
    ['p.parquet (i, k)', 'q.parquet (i, n)'],
  ],
  [
    `with recursive t as (select * from '${p}' where i < 5 union all select f.* from '${p}' f join t on f.i = t.i + 100) select i, n from t`,
    ['p.parquet (i, k, n, s)'],
  ],
  [
    `with recursive t as (select i from '${p}' where i < 5 union all select f.i from (from '${p}') f join t on f.i = t.i + 100) select * from t`,
    ['p.parquet (i, k, n, s)'],
  ],
  [
    `with recursive t as (select i, k from '${p}' where i < 5 union all select i + 100, k from t natural join (select i, k from '${p}') where i < 900) select * from t`,
    ['p.parquet (i, k, n, s)'],
  ],
  [`select * from (select k from '${q}') a positional join '${p}' b`, ['p.parquet (i, k, n, s)', 'q.parquet (k)']],
  [`select b.* from (select k from '${q}') a positional join '${p}' b`, ['p.parquet (i, k, n, s)', 'q.parquet (k)']],
  [`select a.* from '${q}' a positional join '${p}' b where b.s > 'v1'`, ['p.parquet (s)', 'q.parquet (i, k, n)']],
  [
    `select columns('[ik]') from (select * from '${q}') a positional join (select s from '${p}') b`,
    ['p.parquet (i, k, n, s)', 'q.parquet (i, k, n)'],
  ],
];

for (const [text, scans] of questions) {
  test(`${text.replaceAll(bench.directory, '')} scans ${scans.join(' and ')}`, () => {
    assertAsDuckDb(bench, text);
    const found = bench.explain({ kind: 'sql', text }).matchAll(/^ *scan ([pq]\.parquet \(.*\))$/gm);
    assert.deepEqual([...new Set([...found].map(([, scan]) => scan))].sort(), scans);
  });
}

test('what a subquery below EXISTS names is there where it is gathered', () => {
  const exists = [
    `select q.k from '${q}' q where q.n = p.n and random() < 2 limit 1 offset 2`,
    `select q.k as x from '${q}' q where q.n = p.n and random() < 2 order by x limit 1 offset 2`,
    `select distinct q.k from '${q}' q where q.n = p.n and random() < 2 limit 1 offset 2`,
    `select distinct * from '${q}' q where q.n = p.n and random() < 2 limit 1 offset 2`,
    `select max(q.k) from '${q}' q where q.n = p.n and random() < 2`,
    `select sum(q.k) over () from '${q}' q where q.n = p.n and random() < 2`,
  ];
  for (const query of exists)
    assert.equal(assertAsDuckDb(bench, `select i from '${p}' p where exists (${query}) and i < 99`).length, 1, query);
});
