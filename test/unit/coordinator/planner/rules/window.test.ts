import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { SqlFunction } from '../../../../../shared/plan/nodes/sql.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
const p = bench.file('t.parquet', 'SELECT i AS id, i % 3 AS g FROM range(30) t(i)');

const shout: SqlFunction = {
  name: 'shout',
  kind: 'rows',
  args: [{ name: 't', type: 'VARCHAR' }],
  returns: 'VARCHAR',
  function: { sha256: '0'.repeat(64), name: 'shout', async: false },
  deterministic: true,
};

const windowsOf = (text: string): string[] => {
  const { stages } = bench.plan({ kind: 'sql', text, functions: [shout] });
  const texts = stages.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'sql' ? [step.sql] : [])));
  return texts.flatMap((sql) => /OVER \(.*?\)/.exec(sql)?.[0] ?? []);
};

test('a window over what a function yields has an order: DuckDB would read an aggregate of whole partitions twice', () => {
  const [over] = windowsOf(`SELECT max(shout(g::VARCHAR)) OVER (PARTITION BY g) AS m FROM '${p}'`);
  assert.match(over ?? '', /PARTITION BY g ORDER BY/);
});

test('a window over files has the order that it was given', () => {
  assert.deepEqual(windowsOf(`SELECT id, max(id) OVER (PARTITION BY g) AS m FROM '${p}'`), ['OVER (PARTITION BY g)']);
});
