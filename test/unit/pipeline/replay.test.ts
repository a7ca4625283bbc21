import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../../pipeline/compile/load-plan.ts';
import { compileReplay } from '../../../pipeline/compile/replay.ts';
import { testDocument } from '../../support/pipeline-runs.ts';

const document = { ...testDocument(), onReject: { action: 'quarantine', path: '/rejects/' } as const };
const input = {
  ...{ document, run: 'numbers-2', of: 'numbers-1', path: '/rejects/', params: {}, cursors: {}, startedMs: 0 },
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

test('an output that the earlier run did not have takes nothing', () => {
  assert.deepEqual(
    compileReplay(compile, { ...input, schemas: {} }).plan.outputs.map(({ name }) => name),
    ['still unread'],
  );
});
