/** Where a PIVOT has no values, by its text alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markPivots } from '../../../../../../coordinator/planner/sql/pivots/marks.ts';

/** What is asked, and what stands in the text then: `#0`, `#1` are marks. */
const texts: readonly (readonly [text: string, marked: string, selects?: readonly (string | undefined)[]])[] = [
  ['pivot t on a', 'pivot t on a IN #0'],
  [
    "PIVOT_WIDER t ON a, upper(b || ',') , USING sum(x)",
    "PIVOT_WIDER t ON a IN #0, upper(b || ',') IN #1 , USING sum(x)",
  ],
  ['pivot t on a in (1, 2), b using sum(x)', 'pivot t on a in (1, 2), b IN #0 using sum(x)'],
  ['pivot t on a /* in */ -- on\n group by g', 'pivot t on a IN #0 /* in */ -- on\n group by g'],
  ['pivot t on "in" order by all', 'pivot t on "in" IN #0 order by all'],
  ['pivot a join b on a.k = b.k on c using sum(x)', 'pivot a join b on a.k = b.k on c IN #0 using sum(x)'],
  ['pivot a join b using (k) on c using sum(x)', 'pivot a join b using (k) on c IN #0 using sum(x)'],
  ['pivot (pivot t on a) on b', 'pivot (pivot t on a IN #0) on b IN #1'],
  ['with p as (pivot t on a) from p', 'with p as (pivot t on a IN #0) from p'],
  ['pivot t on a union all pivot u on b', 'pivot t on a IN #0 union all pivot u on b IN #1'],
  ['pivot t on case when a in (1) then 2 end', 'pivot t on case when a in (1) then 2 end'],
  ['pivot t on (a in (1, 2))', 'pivot t on (a in (1, 2)) IN #0'],
  [
    "pivot t on a in (select x from u where y in (')')) limit 3",
    'pivot t on a IN #0 limit 3',
    ["select x from u where y in (')')"],
  ],
  ['pivot t on a in some_enum', 'pivot t on a in some_enum'],
  [
    'from t pivot (sum(x) for a in (1, 2)) p join u on p.k = u.k',
    'from t pivot (sum(x) for a in (1, 2)) p join u on p.k = u.k',
  ],
  ["select 'pivot t on a'", "select 'pivot t on a'"],
  ['select pivot_values_0 from (pivot t on a)', 'select pivot_values_0 from (pivot t on a IN pivot_values__0)'],
  ['pivot t using sum(x) group by g', 'pivot t using sum(x) group by g'],
  ['pivot t on a; ', 'pivot t on a IN #0; '],
];

test('a mark stands behind each column without values', () => {
  for (const [text, marked, selects] of texts) {
    const { text: actual, marks } = markPivots(text);
    assert.equal(actual.replace(/\bpivot_values_(\d)/g, '#$1'), marked.replace(/\bpivot_values_(\d)/g, '#$1'), text);
    if (selects !== undefined)
      assert.deepEqual(
        marks.map(({ select }) => select),
        selects,
      );
  }
});
