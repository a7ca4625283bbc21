import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Config } from '../../../../../shared/config/config.ts';
import type { PlanNode } from '../../../../../shared/plan/node.ts';
import { runAdapted } from '../../../../support/planner/adapted-run.ts';
import { PlannerBench, scan } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench({ broadcastBytesMax: 0, rereadBytesMax: 0 });
after(() => bench[Symbol.dispose]());
const facts = bench.file(
  'facts.parquet',
  "SELECT i AS id, (i * 7919) % 1000 AS k, i % 7 AS g, 'text ' || i AS t FROM range(20000) r(i)",
);
const names = bench.file('names.parquet', "SELECT (i * 7) % 6000 AS k, 'name ' || i AS name FROM range(6000) r(i)");

/** All that meets is worth one task. */
const little = { taskBytesMin: 2 ** 30 };

function ran(plan: PlanNode, sql: string, limits: object = little, config: Partial<Config> = {}) {
  const { stages, adaptations } = runAdapted(bench, plan, sql, { limits, config });
  return {
    names: stages.map(({ tasks, name }) => `${tasks} × ${name}`),
    notes: adaptations.map(({ text }) => text),
    stages,
  };
}

const asked = (sql: string, limits?: object, config?: Partial<Config>) =>
  ran({ kind: 'sql', text: sql }, sql, limits, config);
const grouped = `SELECT k, count(*) AS n FROM '${facts}' GROUP BY k`;

test('what would gather the rows of many tasks follows in the only one', () => {
  const { names, notes, stages } = asked(`${grouped} ORDER BY n, k LIMIT 5`);
  assert.deepEqual(names, [
    '8 × scan facts.parquet → partial aggregate',
    '1 × meet by key → final aggregate → top → top',
  ]);
  assert.ok(
    notes.some((note) => /^the one task of stage \d+ goes on with it$/.test(note)),
    notes.join('\n'),
  );
  assert.equal(stages.at(-1)?.steps.length, 1);
});

test('where several tasks have something to do they are gathered', () => {
  const { names } = asked(`${grouped} ORDER BY n, k LIMIT 5`, {});
  assert.equal(names.at(-1), '1 × gather → top');
});

test('rows of one task are not cut into ranges to be sorted', () => {
  const { names } = asked(`${grouped} ORDER BY n, k`);
  assert.equal(names.length, 2);
  assert.match(names[1] ?? '', /^1 × meet by key → final aggregate → sample → sort$/);
  assert.ok(asked(`${grouped} ORDER BY n, k`, {}).names.some((name) => name.includes('cut into ranges')));
});

test('groups of groups are made in one task, one behind the other', () => {
  const { names } = asked(`SELECT n, count(*) AS m FROM (${grouped}) GROUP BY n ORDER BY n LIMIT 3`);
  assert.equal(names.length, 2, names.join('\n'));
});

test('a join may make much of little: as many tasks as planned go on with it', () => {
  const joined = `SELECT n.name, count(*) AS m FROM '${facts}' f JOIN '${names}' n ON f.k = n.k GROUP BY n.name`;
  const { names: stages } = asked(joined);
  assert.match(stages.at(-2) ?? '', /^1 × meet by join key → join → partial aggregate$/);
  assert.match(stages.at(-1) ?? '', /^\d × meet by key → final aggregate$/);
});

test('as many tasks as the user asked for stay as many', () => {
  const few: PlanNode = {
    kind: 'limit',
    input: { kind: 'sort', input: scan(facts), keys: ['id'] },
    limit: 50,
    offset: 0,
  };
  const plan: PlanNode = { kind: 'repartition', input: few, partitions: 3, keys: ['k'] };
  assert.match(ran(plan, `SELECT * FROM '${facts}' ORDER BY id LIMIT 50`).names.at(-1) ?? '', /^3 × /);
});

test('the first rows of a join in one task are chosen there', () => {
  const { names: stages } = asked(
    `SELECT id, name FROM '${facts}' f JOIN '${names}' n ON f.k = n.k ORDER BY id LIMIT 3`,
  );
  assert.match(stages.at(-1) ?? '', /^1 × meet by join key → join → .*top → top$/);
});

test('what a function yields is not read twice by what would go on with it', () => {
  const sorted: PlanNode = { kind: 'sort', input: scan(facts), keys: ['id'] };
  const few: PlanNode = {
    kind: 'call',
    mode: 'filter',
    function: { sha256: 'f00d', name: 'few', async: false },
    schema: ['id', 'k', 'g'].map((name) => ({ name, type: 'BIGINT' })).concat({ name: 't', type: 'VARCHAR' }),
    deterministic: true,
    input: { kind: 'limit', input: sorted, limit: 900, offset: 0 },
  };
  const last = (question: string): string => {
    const sql = question.replaceAll('few', `(FROM (FROM '${facts}' ORDER BY id LIMIT 900) WHERE k = 5)`);
    const { names } = ran({ kind: 'sql', text: question, relations: [{ name: 'few', plan: few }] }, sql);
    return names.at(-1) ?? '';
  };
  assert.match(last('SELECT k, count(*) AS n FROM few GROUP BY k'), /^1 × gather → top → filter few → .*aggregate$/);
  for (const again of [
    'SELECT count(*) AS n FROM few POSITIONAL JOIN few b',
    'WITH w AS (FROM few LIMIT 10%) SELECT count(*) AS n FROM w JOIN w AS b USING (id)',
  ])
    assert.match(last(again), /^1 × gather → query in one task/, again);
});

test('nor by a window over whole partitions, which DuckDB makes a join of its rows with their own groups', () => {
  const few: PlanNode = {
    kind: 'call',
    mode: 'filter',
    function: { sha256: 'f00d', name: 'few', async: false },
    schema: ['k', 'n'].map((name) => ({ name, type: 'BIGINT' })),
    deterministic: true,
    input: { kind: 'sql', text: grouped },
  };
  const last = (question: string): string => {
    const sql = question.replaceAll('few', `(FROM (${grouped}) WHERE k = 5)`);
    return ran({ kind: 'sql', text: question, relations: [{ name: 'few', plan: few }] }, sql).names.at(-1) ?? '';
  };
  assert.match(last('SELECT k, sum(n) OVER (PARTITION BY k % 9) AS m FROM few'), /^1 × meet by window → /);
  assert.match(last('SELECT k, n FROM few ORDER BY k'), /^1 × meet by key → final aggregate → filter few → /);
});
