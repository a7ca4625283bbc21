import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { explainPlan } from '../../../../../coordinator/planner/explain/staged.ts';
import type { PlanNode } from '../../../../../shared/plan/node.ts';
import type { JoinType } from '../../../../../shared/plan/nodes/join.ts';
import type { StageSpec } from '../../../../../shared/stage/stage.ts';
import { type AdaptedRun, type Adapting, runAdapted } from '../../../../support/planner/adapted-run.ts';
import { PlannerBench, scan } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench({ broadcastBytesMax: 0, rereadBytesMax: 0 });
after(() => bench[Symbol.dispose]());

const table = (name: string, select: string): string => `read_parquet('${bench.file(`${name}.parquet`, select)}')`;
const facts = table(
  'facts',
  `SELECT i AS id, CASE WHEN i % 50 > 0 THEN i % 997 END AS k, i % 7 AS g, 'text ' || i AS t FROM range(20000) r(i)`,
);
// Some keys that facts have, some that they have not, and none.
const few = `(SELECT * FROM ${table(
  'names',
  `SELECT CASE WHEN i % 2 = 0 THEN i // 2 END AS n, i % 3 AS h, i AS place, 'name ' || i AS name FROM range(20000) r(i)`,
)} WHERE place < 100 OR place > 19900)`;
const filters = { filterBytesMax: 2 ** 26 };

const run = (sql: string, limits: Adapting['limits'] = filters): AdaptedRun =>
  runAdapted(bench, { kind: 'sql', text: sql }, sql, { limits });

/** Stages that left out rows, in the order in which they ran. */
const filtered = ({ stages }: AdaptedRun): string[] =>
  stages.filter(({ name }) => name.endsWith('filter by keys')).map(({ name }) => name.split(' ')[1] ?? '');
const textsOf = (stage: StageSpec | undefined): string =>
  (stage?.steps ?? []).map((step) => (step.kind === 'sql' ? step.sql : '')).join('\n');

/** Which of the sides may be left out: that of facts, when they are the left side and when they are the right one. */
const allowed: Readonly<Record<Exclude<JoinType, 'asof' | 'asofLeft'>, readonly ('left' | 'right')[]>> = {
  inner: ['left', 'right'],
  left: ['right'],
  right: ['left'],
  full: [],
  semi: ['left', 'right'],
  anti: ['right'],
};

for (const [type, sides] of Object.entries(allowed)) {
  for (const side of ['left', 'right'] as const) {
    const may = sides.includes(side);
    test(`rows of the ${side} side of a join (${type}) that have no partner ${may ? 'are' : 'are not'} left out`, () => {
      const [left, right] = side === 'left' ? [`${facts} f`, `${few} n`] : [`${few} n`, `${facts} f`];
      const ran = run(`SELECT * FROM ${left} ${type} JOIN ${right} ON f.k = n.n`);
      assert.deepEqual(filtered(ran), may ? ['facts.parquet'] : []);
    });
  }
}

test('rows of the right side of an ASOF join are left out by its equality alone', () => {
  for (const type of ['ASOF', 'ASOF LEFT']) {
    const ran = run(`SELECT * FROM ${few} n ${type} JOIN ${facts} f ON f.k = n.n AND n.place >= f.id`);
    assert.deepEqual(filtered(ran), ['facts.parquet']);
  }
});

test('nulls are partners where they are not distinct, and nowhere else', () => {
  const sql = (comparison: string) =>
    `SELECT id, place FROM ${facts} f JOIN ${few} n ON f.k ${comparison} n.n AND f.g = n.h`;
  for (const comparison of ['=', 'IS NOT DISTINCT FROM']) {
    const ran = run(sql(comparison));
    assert.deepEqual(filtered(ran), ['facts.parquet']);
  }
});

test('keys of two types meet in one', () => {
  const ran = run(`SELECT id, place FROM ${facts} f JOIN ${few} n ON f.k::INTEGER = n.n::DOUBLE AND f.g + 1 = n.h`);
  assert.deepEqual(filtered(ran), ['facts.parquet']);
});

test('the side to filter begins when the other is done, and reads all of it', () => {
  const { stages } = run(`SELECT * FROM ${facts} f JOIN ${few} n ON f.k = n.n`);
  const [first, second] = stages;
  assert.match(first?.name ?? '', /^scan names/);
  const [added] = second?.inputs.filter((input) => input.kind === 'exchange') ?? [];
  assert.deepEqual([added?.from, added?.mode], [first?.id, 'broadcast']);
});

test('a join that groups rely on is filtered, too', () => {
  const sql = `SELECT f.k, count(*) c, max(name) m FROM ${facts} f JOIN ${few} n ON f.k = n.n GROUP BY f.k`;
  const { text } = explainPlan(bench.plan({ kind: 'sql', text: sql }, { slots: 4 }));
  assert.match(text, /already partitioned/);
  assert.match(text, /may .*filter the left or right side by the other’s keys/);
  assert.deepEqual(filtered(run(sql)), ['facts.parquet']);
});

test('what groups depend on is left out before it is grouped', () => {
  const sums = `(SELECT k, g, sum(id) s FROM ${facts} GROUP BY k, g)`;
  const ran = run(`SELECT n.*, s FROM ${few} n LEFT JOIN ${sums} f ON f.k = n.n AND f.g = n.h`);
  assert.deepEqual(filtered(ran), ['facts.parquet']);
  const text = textsOf(ran.stages.find(({ name }) => name.endsWith('filter by keys')));
  assert.match(text, /SEMI JOIN .* GROUP BY/);
});

test('what all groups in one task depend on is left out before it is sent there', () => {
  const sums = `(SELECT k, g, sum(id) s FROM ${facts} GROUP BY k, g)`;
  const sql = `SELECT n.*, s FROM (SELECT id AS n, g AS h, t FROM ${facts} WHERE id % 200 = 0) n LEFT JOIN ${sums} f ON f.k = n.n AND f.g = n.h`;
  const config = { taskBytesMin: 200_000 };
  const ran = runAdapted(bench, { kind: 'sql', text: sql }, sql, { limits: filters, config });
  const site = ran.stages.find(({ name }) => name.endsWith('filter by keys'));
  assert.match(site?.name ?? '', /^scan facts/);
  assert.deepEqual(site?.output, { kind: 'exchange', partitioning: { kind: 'single', keys: ['"k_2"', '"g_2"'] } });
});

test('a join that is done in place of an exchange spares what its large side is made of, too', () => {
  const sums = `(SELECT k, g, sum(id) s FROM ${facts} GROUP BY k, g)`;
  const { adaptations, stages } = run(`SELECT n.*, g, s FROM ${few} n JOIN ${sums} f ON f.k = n.n`, {
    ...filters,
    broadcastBytesMax: 20_000,
  });
  const kinds = adaptations.map(({ kind }) => kind);
  assert.deepEqual(kinds.toSorted(), ['broadcast', 'filtered', 'merged']);
  assert.match(stages.at(1)?.name ?? '', /^scan facts.* filter by keys$/);
  assert.match(stages.at(2)?.name ?? '', /final aggregate → join/);
});

test('both sides of a join below lose what has no partner above it', () => {
  const both = `(SELECT f.k, f.id, o.g FROM ${facts} f LEFT JOIN (SELECT * FROM ${facts} WHERE g < 5) o USING (k, id))`;
  const ran = run(`SELECT * FROM ${few} n JOIN ${both} b ON b.k = n.n AND b.id = n.place`);
  assert.deepEqual(filtered(ran), ['facts.parquet', 'facts.parquet']);
});

test('groups that depend on the order of rows are left out behind them', () => {
  const lists = `(SELECT k, g, list(id) l FROM ${facts} GROUP BY k, g)`;
  const ran = run(`SELECT n.*, l FROM ${few} n LEFT JOIN ${lists} f ON f.k = n.n`);
  assert.deepEqual(filtered(ran), ['by']);
});

test('groups that depend on the order of rows, in the stage of the join: none of those rows is left out', () => {
  const lists = `(SELECT k, list(id) l FROM ${facts} GROUP BY k)`;
  const ran = run(`SELECT n.*, l FROM ${few} n LEFT JOIN ${lists} f ON f.k = n.n`);
  assert.match(ran.stages.at(-1)?.name ?? '', /^meet by key → aggregate → left join/);
  assert.deepEqual(filtered(ran), []);
});

test('nothing is left out of what others read, too', () => {
  const wide = bench.path('facts.parquet');
  const keys = bench.file('keys.parquet', 'SELECT i AS k FROM range(20000) r(i)');
  const joined = (type: JoinType): PlanNode => ({
    kind: 'join',
    type,
    left: scan(wide),
    right: { kind: 'filter', input: scan(keys), predicate: 'k < 50' },
    on: { kind: 'using', columns: ['k'] },
  });
  const plan: PlanNode = { kind: 'union', inputs: [joined('semi'), joined('anti')] };
  const ran = runAdapted(bench, plan, `FROM '${wide}'`, { limits: filters });
  assert.equal(ran.stages.filter(({ name }) => name.startsWith('scan facts')).length, 1);
  assert.deepEqual(filtered(ran), []);
});

test('nothing is left out where that would not pay, or the keys are too many', () => {
  const sql = `SELECT * FROM ${facts} f JOIN (SELECT k AS n FROM ${facts}) n ON f.k = n.n WHERE f.id = n.n`;
  assert.deepEqual(filtered(run(sql)), []);
  const pays = `SELECT * FROM ${facts} f JOIN ${few} n ON f.k = n.n`;
  assert.deepEqual(filtered(run(pays, { filterBytesMax: 1000 })), []);
  assert.deepEqual(filtered(run(pays, { ...filters, filterGainPercent: 1_000_000 })), []);
});

test('a side of which nobody knows how little it is goes first', () => {
  const groups = `(SELECT k AS n, sum(id) s FROM ${facts} GROUP BY k HAVING sum(id) % 97 = 5)`;
  const ran = run(`SELECT * FROM ${facts} f JOIN ${groups} n ON f.k = n.n`);
  assert.deepEqual(filtered(ran), ['facts.parquet']);
  assert.match(ran.stages.at(-2)?.name ?? '', /filter by keys$/);
});
