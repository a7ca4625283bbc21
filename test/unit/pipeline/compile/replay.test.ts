import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../../../pipeline/compile/load-plan.ts';
import { compileReplay } from '../../../../pipeline/compile/replay.ts';
import type { PlanNode, PlanOf } from '../../../../shared/plan/node.ts';
import { nodesOf } from '../../../../shared/plan/walk.ts';
import { testDocument } from '../../../support/pipelines/pipeline-runs.ts';

const document = { ...testDocument(), onReject: { action: 'quarantine', path: '/rejects/' } as const };
const input = {
  ...{
    document,
    run: 'numbers-2',
    of: 'numbers-1',
    path: '/rejects/',
    params: {},
    cursors: {},
    startedMs: 0,
    reread: [],
  },
  schemas: {
    load: [
      { name: `a"b`, type: 'DECIMAL(10,2)' },
      { name: 'list', type: 'INTEGER[]' },
    ],
  },
};

test('a replay reads the rejects of its run and no source; what cannot be read stays kept', () => {
  const { plan, also } = compileReplay(compile, input);
  const text = JSON.stringify(plan);
  assert.match(text, /\/rejects\/numbers\/numbers-1\/\*\*\/\*\.parquet/);
  assert.equal(text.includes('"extract"'), false);
  assert.deepEqual(also, ['still unread']);
  const kept = plan.outputs.find(({ name }) => name === 'still unread');
  assert.deepEqual(kept?.sink.options, { path: '/rejects/numbers/numbers-2', format: 'parquet', mode: 'append' });
});

test('values come out of a row by their types: text as it is read, what is nested as JSON', () => {
  const [load] = compileReplay(compile, input).plan.outputs;
  const text = JSON.stringify(load?.input);
  assert.ok(
    text.includes(
      JSON.stringify(`CAST(json_extract_string("row", '$."a\\"b"') AS DECIMAL(10,2)) AS "a""b"`).slice(1, -1),
    ),
    text,
  );
  assert.ok(
    text.includes(JSON.stringify(`CAST(json_extract("row", '$."list"') AS INTEGER[]) AS "list"`).slice(1, -1)),
    text,
  );
});

const step = (source: string): PlanNode => ({
  kind: 'step',
  name: `source ${source}`,
  input: { kind: 'extract', connector: 'logs', options: { of: source }, provenance: true },
});
const select = (...sources: readonly string[]): PlanNode => ({
  kind: 'sql',
  text: 'SELECT * FROM a',
  relations: sources.map((source, i) => ({ name: `${'abc'[i]}`, plan: step(source) })),
});
const sink = { connector: 'memory', options: {}, single: false };
const logs = {
  ...document,
  sources: Object.fromEntries(
    ['log', 'left', 'right'].map((name) => [
      name,
      { node: { ...(step(name) as PlanOf<'step'>).input, cursor: 1 } as PlanNode, incremental: true },
    ]),
  ),
  outputs: [
    {
      name: 'lines',
      plan: select('log'),
      rules: [{ kind: 'foreignKey' as const, name: 'known', columns: ['a'], plan: select('log'), references: ['a'] }],
      sink,
    },
    { name: 'both', plan: select('left', 'right'), rules: [], sink },
  ],
};

test('what could not be read goes the whole way again, of sources that meet no other; the others stay kept', () => {
  const { plan, outputs } = compileReplay(compile, {
    ...input,
    document: logs,
    schemas: {},
    reread: ['log', 'left', 'right'],
  });
  assert.deepEqual(
    outputs.map(({ name }) => name),
    ['lines'],
  );
  const extracts = [...nodesOf(plan)].filter((node) => node.kind === 'extract');
  const again = extracts.filter(({ reread }) => reread !== undefined);
  assert.ok(again.length > 0);
  for (const { options, cursor } of again) assert.deepEqual([options, cursor], [{ of: 'log' }, undefined]);
  assert.match(JSON.stringify(again[0]?.reread), /"stage\\" = 'extract' AND \\"output\\" = 'log'/);
  const steps = [...nodesOf(plan)].filter((node) => node.kind === 'step');
  const whole = steps.find(({ name }) => name === 'all of source log');
  assert.equal(whole?.input.kind === 'extract' && whole.input.reread, undefined, 'keys are looked for in all rows');
  const kept = plan.outputs.find(({ name }) => name === 'still unread');
  assert.match(JSON.stringify(kept?.input), /NOT IN \('log'\)/);
});

test('rows of both kinds come to one output, by the names of their columns', () => {
  const { plan } = compileReplay(compile, {
    ...input,
    document: logs,
    schemas: { lines: [{ name: 'a', type: 'INTEGER' }] },
    reread: ['log'],
  });
  const [union] = [...nodesOf(plan)].filter((node) => node.kind === 'union');
  assert.deepEqual([union?.inputs.length, union?.byName], [2, true]);
});

test('an output that the earlier run did not have takes nothing', () => {
  assert.deepEqual(
    compileReplay(compile, { ...input, schemas: {} }).plan.outputs.map(({ name }) => name),
    ['still unread'],
  );
});
