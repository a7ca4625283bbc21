/** PIVOTs whose columns depend on the data: their values are looked up, then they are planned. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PlanNode } from '../../../../../../shared/plan/node.ts';
import type { SqlNode } from '../../../../../../shared/plan/nodes/sql.ts';
import { runLocally } from '../../../../../support/planner/local-executor.ts';
import { knownPivots } from '../../../../../support/planner/pivot-values.ts';
import { PlannerBench, scan } from '../../../../../support/planner/planner.ts';
import { assertSameRows, isOrdered } from '../../../../../support/same-rows.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
const { connection } = bench;

const t = bench.file(
  't.parquet',
  `SELECT i AS id, ['A', 'b''c', '"q"', 'Ü_1', NULL, '', 'NULL', 'a'][1 + i % 8] AS sym, i % 3 AS g, (i * 31) % 17 AS qty,
     CASE WHEN i % 5 = 0 THEN NULL ELSE DATE '2024-02-28' + (i % 3)::INTEGER END AS day, (i % 4) / 2.0 AS x, i % 2 = 0 AS even
   FROM range(9000) t(i)`,
);
const none = bench.file('none.parquet', `SELECT * FROM '${t}' WHERE false`);

function run(plan: PlanNode): Record<string, unknown>[] {
  const table = runLocally(bench.plan(known(plan)), connection, { directory: bench.directory });
  return connection.rows(`FROM ${table}`);
}

const known = (plan: PlanNode): PlanNode =>
  knownPivots(plan, bench.tools, (lookup) => run(lookup).map((row) => String(Object.values(row)[0])));

function check(node: SqlNode, text = node.text): void {
  connection.execute(`CREATE OR REPLACE TEMP TABLE expected AS ${text}`);
  const staged = bench.plan(known(node));
  assert.deepEqual(staged.schema, connection.describe('FROM expected'), text);
  assertSameRows(run(node), connection.rows('FROM expected'), isOrdered(text), text);
}

const texts: readonly string[] = [
  `pivot '${t}' on sym using sum(qty) group by g`,
  `pivot '${t}' on sym, even using sum(qty), count(*) as n group by g order by g desc limit 2`,
  `pivot_wider '${t}' on upper(sym) using max(day) group by g, even`,
  `pivot (select sym, qty from '${t}') on sym using sum(qty)`,
  `pivot (select sym, g from '${t}') on sym`,
  `pivot '${t}' on day using count(*) group by sym`,
  `pivot '${t}' on x using avg(qty) group by g`,
  `pivot '${t}' on case when g = 0 then sym else 'other' end using any_value(1) group by even`,
  `pivot '${t}' on g in (0, 2), sym using sum(qty) group by even`,
  `pivot '${t}' on sym in (select sym from '${t}' group by sym order by sym desc nulls first) using sum(qty) group by g`,
  `pivot '${t}' on sym in (select sym from '${t}' order by id % 5, sym desc) using sum(qty) group by g`,
  `pivot '${t}' on sym in (select 'zz' union all select 'A') using sum(qty) group by g`,
  `select "A" + 1 as a, * exclude ("A") from (pivot '${t}' on sym using sum(qty) group by g) order by a`,
  `with p as (pivot '${t}' on sym using sum(qty) group by g) select count(*), sum("b'c") from p`,
  `with q as (select * from '${t}' where g > 0) pivot (from q where id < 99) on sym using sum(qty) group by g`,
  `pivot (pivot '${t}' on even using sum(qty) group by g, sym) on sym using sum("true") group by g`,
  `pivot '${t}' on g using sum(qty) group by even union all by name pivot '${t}' on sym using sum(qty) group by even`,
  `pivot '${t}' a join (select g, g + 10 as h from range(3) r(g)) b using (g) on h using sum(qty) group by even`,
  `pivot '${none}' on sym using sum(qty) group by g`,
  `pivot '${none}' on sym using sum(qty)`,
  `select count(*) from (pivot (from '${t}' where sym is null) on sym using sum(qty) group by g)`,
  `pivot '${t}' on id % 60 using sum(qty), max(sym) group by g`,
  `pivot (select case when g = 0 then '' else 'e' || g end as a, qty, even from '${t}') on a, qty using median(qty) group by even`,
  `pivot (select sym, g from '${t}' where id < 0) on g in (1), sym using count(*) group by sym`,
];

test('answered as DuckDB answers them, with its columns in its order', () => {
  for (const text of texts) check({ kind: 'sql', text });
});

test('parameters are values, in what the values are asked of, too', () => {
  const parameters = [
    { name: 'least', sql: '1' },
    { name: 'from', sql: "'B'" },
  ];
  const asked = (least: string, from: string) =>
    `pivot (from '${t}' where g >= ${least}) on sym in (select sym from '${t}' where sym > ${from} group by 1 order by 1) using sum(qty) group by g`;
  check({ kind: 'sql', text: asked('$least', '$from'), parameters }, asked('1', "'B'"));
  const inOrder = parameters.map(({ sql }, i) => ({ name: String(i + 1), sql }));
  check({ kind: 'sql', text: asked('?', '?'), parameters: inOrder }, asked('1', "'B'"));
});

test('questions over questions: inner values come first, equal questions share theirs', () => {
  const inner: SqlNode = { kind: 'sql', text: `pivot '${t}' on even using sum(qty) group by g, sym` };
  const outer = 'pivot p on sym using sum("true") group by g';
  const text = `with p as (${inner.text}) ${outer}`;
  check({ kind: 'sql', text: outer, relations: [{ name: 'p', plan: inner }] }, text);
  check(
    { kind: 'sql', text: 'from p a join p b using (g, sym)', relations: [{ name: 'p', plan: inner }] },
    `with p as (${inner.text}) from p a join p b using (g, sym)`,
  );
  const filtered: PlanNode = { kind: 'filter', input: inner, predicate: 'g = 1' };
  assert.ok(run(filtered).length > 0);
  assert.deepEqual(run({ kind: 'sql', text: 'select 1 as one', relations: [{ name: 'p', plan: inner }] }), [
    { one: 1 },
  ]);
  check(
    { kind: 'sql', text: 'pivot d on sym using sum(qty) group by g', relations: [{ name: 'd', plan: scan(t) }] },
    `pivot '${t}' on sym using sum(qty) group by g`,
  );
});

test('what is wrong is told as of any question', () => {
  assert.throws(() => known({ kind: 'sql', text: `pivot '${t}' on symm using sum(qty)` }), {
    code: 'COLUMN_UNKNOWN',
    next: /"sym"/,
  });
  assert.throws(() => known({ kind: 'sql', text: `pivot '${t}' on sym usin sum(qty)` }), {
    code: 'SQL_INVALID',
    message: /LINE 1: pivot .* usin /,
  });
  assert.throws(() => bench.plan(known({ kind: 'sql', text: `pivot '${t}' on sym using sum(qyt)` })), {
    code: 'COLUMN_UNKNOWN',
    next: /"qty"/,
  });
});
