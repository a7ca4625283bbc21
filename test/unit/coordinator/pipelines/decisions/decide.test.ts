import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, type LoadedRun } from '../../../../../coordinator/pipelines/decisions/decide.ts';
import { byOutput } from '../../../../../coordinator/pipelines/decisions/receipts.ts';
import type { CountRow } from '../../../../../pipeline/compile/compiled.ts';
import type { OutputDocument, RejectPolicy, Rule } from '../../../../../pipeline/records/document.ts';
import type { Json } from '../../../../../shared/json.ts';

const plan = { kind: 'sql', text: 'select 1' } as const;
const notNull: Rule = {
  name: 'notNull(id)',
  kind: 'row',
  sql: 'id is not null',
  columns: ['id'],
  complaint: 'is missing',
};
const atLeast: Rule = { name: 'rowCount', kind: 'rowCount', min: 5 };
const fresh: Rule = { name: 'fresh', kind: 'freshness', column: 'at', maxAgeMs: 1000 };
const sum: Rule = { name: 'sum', kind: 'dataset', sql: 'select true' };

interface Given {
  readonly onReject?: RejectPolicy;
  readonly rules?: readonly Rule[];
  readonly counts?: readonly CountRow[];
  readonly listed?: false;
  readonly movesCursors?: boolean;
}

const count = (about: CountRow['about'], name: string, rows: number, rejected = 0, found: string | null = null) => ({
  about,
  name,
  rows: String(rows), // As BIGINT comes.
  rejected,
  found,
});

/** A run that staged 7 rows by two tasks. */
function loaded({ onReject = { action: 'quarantine' }, rules = [], counts = [], ...more }: Given): LoadedRun {
  const output: OutputDocument = {
    name: 'load',
    plan,
    rules,
    sink: { connector: 'memory', options: {}, single: false },
  };
  const { listed = true, movesCursors = true } = more;
  const sink = (name: string) => ({ name, connector: 'memory', options: {}, schema: [], prepared: { of: name } });
  const receipt = (rows: number, detail: Json = null) => ({ rows, bytes: rows * 10, detail });
  return {
    document: {
      name: 'orders',
      version: 'v',
      params: {},
      sources: { api: { node: plan, incremental: true }, table: { node: plan, incremental: false } },
      outputs: [output],
      onReject,
      retry: { attempts: 1, firstDelayMs: 1, delayMsMax: 1 },
    },
    outputs: [{ name: 'load', target: 'load', counts: 'counts of load', quarantine: 'rejects of load' }],
    sinks: [sink('rejects of load'), sink('load')],
    receipts: byOutput([
      { output: 'load', task: 1, receipt: receipt(4, 'second') },
      { output: 'load', task: 0, receipt: receipt(3, 'first') },
      { output: 'counts of load', task: 0, receipt: receipt(1, { rows: counts } as unknown as Json) },
    ]),
    sources: {
      api: { connector: 'rest', pieces: 3, first: ['a'], ...(listed ? { cursor: 'listed' } : {}) },
    },
    cursorsBefore: { api: 'before' },
    startedMs: Date.parse('2026-01-01T00:00:10Z'),
    movesCursors,
  };
}

const committed = (given: Given) => {
  const decision = decide(loaded(given));
  assert.equal(decision.kind, 'commit');
  return decision.kind === 'commit' ? decision.commit : assert.fail();
};

const refused = (given: Given): string => {
  const decision = decide(loaded(given));
  assert.equal(decision.kind, 'refuse');
  return decision.kind === 'refuse' ? decision.error.message : assert.fail();
};

test('what is committed: the receipts in the order of their tasks, targets before quarantines', () => {
  const { outputs, summary } = committed({ counts: [count('output', 'load', 9, 2), count('source', 'api', 10, 1)] });
  assert.deepEqual(
    outputs.map(({ name, receipts }) => [name, receipts.map(({ detail }) => detail)]),
    [
      ['load', ['first', 'second']],
      ['rejects of load', []],
    ],
  );
  assert.deepEqual(summary.outputs[0], {
    name: 'load',
    connector: 'memory',
    rows: 7,
    rejected: 2,
    bytes: 70,
    rules: [],
    detail: null,
  });
  const [api] = summary.sources;
  assert.deepEqual([api?.rows, api?.rejected, api?.cursorBefore, api?.cursorAfter], [10, 1, 'before', 'listed']);
});

test('the cursor is the listing’s, or the greatest value read, or stays', () => {
  assert.deepEqual(committed({}).cursors, { api: 'listed' });
  const found = [count('source', 'api', 3, 0, '2026-01-05')];
  assert.deepEqual(committed({ listed: false, counts: found }).cursors, { api: '2026-01-05' });
  assert.deepEqual(committed({ listed: false, counts: [count('source', 'api', 0)] }).cursors, { api: 'before' });
  assert.deepEqual(committed({ movesCursors: false }).cursors, {});
});

test('rejects: one fails a run that says so, more than its limits fail any', () => {
  const counts = [count('output', 'load', 10, 3), count('rule', 'notNull(id)', 10, 3)];
  const rules = [notNull];
  assert.match(refused({ onReject: { action: 'fail' }, rules, counts }), /load: 3 of 10 .*3 by notNull\(id\)/);
  assert.match(refused({ onReject: { action: 'drop', rowsMax: 2 }, rules, counts }), /more than 2/);
  assert.match(refused({ onReject: { action: 'warn', shareMax: 0.29 }, rules, counts }), /more than 29 %/);
  committed({ onReject: { action: 'drop', rowsMax: 3, shareMax: 0.3 }, rules, counts });
  const unread = [count('source', 'api', 10, 1)];
  assert.match(refused({ onReject: { action: 'fail' }, counts: unread }), /source api: 1 of 10.*could not be read/);
});

test('rules about all rows: a count, an age, a question', () => {
  assert.match(refused({ rules: [{ ...atLeast, min: 8 } as Rule] }), /rowCount does not hold, found 7/);
  committed({ rules: [atLeast] });
  const newest = (at: string | null) => [count('rule', 'fresh', 7, 0, at)];
  committed({ rules: [fresh], counts: newest('2026-01-01T00:00:09.000Z') });
  assert.match(refused({ rules: [fresh], counts: newest('2026-01-01T00:00:08.999Z') }), /fresh/);
  assert.match(refused({ rules: [fresh], counts: newest(null) }), /fresh/);
  assert.match(refused({ rules: [sum], counts: [count('rule', 'sum', 7, 0, 'false')] }), /sum/);
  const warned = committed({
    onReject: { action: 'warn' },
    rules: [sum],
    counts: [count('rule', 'sum', 7, 0, 'false')],
  });
  assert.deepEqual(warned.summary.outputs[0]?.rules, [{ rule: 'sum', rejected: 0, found: 'false', passed: false }]);
});

test('two receipts of one task are a bug, not a choice', () => {
  const row = { output: 'load', task: 0, receipt: { rows: 1, bytes: 1, detail: null } };
  assert.throws(() => byOutput([row, row]), /two receipts/);
});
