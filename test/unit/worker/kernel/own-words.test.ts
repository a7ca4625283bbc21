import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SheafError } from '../../../../shared/errors.ts';
import { inOwnWords } from '../../../../worker/kernel/own-words.ts';
import type { LocalInput } from '../../../../worker/pool/protocol.ts';

const column = (name: string) => [{ name, type: 'VARCHAR' }];
const file: LocalInput = { kind: 'splits', name: 'in0', schema: column('code_2'), splits: [] };
const parts: LocalInput = { kind: 'parts', name: 'in1', schema: column('part0'), parts: [] };

/** How a cast of the planner's SQL fails. */
const failed = (source: string): SheafError =>
  new SheafError(
    'QUERY_FAILED',
    `Conversion Error: Could not convert string 'v' to INT32 when casting from source column ${source}

LINE 1: ...SELECT k, CAST(max(part0) AS INTEGER) AS x FROM in1 GROUP BY...
                     ^`,
    { next: 'Correct it.' },
  );

const told = (source: string): string => inOwnWords(failed(source), { inputs: [file, parts] }).message;

test('a place in the SQL of a stage is not shown, nor a column that the planner named', () => {
  const plain = "Conversion Error: Could not convert string 'v' to INT32";
  for (const ours of ['max(part0)', 'partvalue1', 'partwhole0', 'part_of2', '_order0', 'max("name")_2', 'l_orderkey_2'])
    assert.equal(told(ours), plain, ours);
  for (const own of ['s', 'max(s)', 'department', 'party', 'code_2', 'my column'])
    assert.equal(told(own), `${plain} when casting from source column ${own}`);
  assert.equal(inOwnWords(failed('s'), { inputs: [] }).next, 'Correct it.');
});

const castAt = (line: string, indent: number): unknown =>
  inOwnWords(
    new SheafError(
      'QUERY_FAILED',
      `Conversion Error: no\n\nLINE 1: ${line}\n${' '.repeat('LINE 1: '.length + indent)}^`,
    ),
    { inputs: [file, parts] },
  ).details?.expression;

test('the cast that failed is named, if all of it is the user’s', () => {
  assert.equal(castAt("SELECT CAST('x)' AS INTEGER) AS c", 7), "CAST('x)' AS INTEGER)");
  assert.equal(
    castAt('SELECT CAST(concat(s, "my x") AS DECIMAL(9,2)) AS c', 7),
    'CAST(concat(s, "my x") AS DECIMAL(9,2))',
  );
  assert.equal(castAt('SELECT CAST(code_2 AS INTEGER)', 7), 'CAST(code_2 AS INTEGER)');
  assert.equal(castAt('SELECT CAST(max(part0) AS INTEGER)', 7), undefined);
  assert.equal(castAt('SELECT CAST("part0" AS INTEGER)', 7), undefined);
  assert.equal(castAt("SELECT CAST('xyz' AS INT...", 7), undefined);
  assert.equal(castAt('SELECT (a + CAST(1 AS INTEGER))', 7), undefined);
});

test('a constant that cannot be cast is named with what it meets, if all of it is the user’s', () => {
  assert.equal(castAt("WHERE (user_id > 'x'))", 17), "user_id > 'x'");
  assert.equal(castAt("WHERE (max(part0) > 'x'))", 20), "'x'");
  assert.equal(castAt("WHERE (part0 > 'x'))", 15), undefined);
  assert.equal(castAt("WHERE (user_id IN (1, 'x'))", 22), "'x'");
  const message = `Conversion Error: no\n\nLINE 1: SELECT (id > 'x')\n${' '.repeat(21)}^`;
  const { next = '' } = inOwnWords(new SheafError('QUERY_FAILED', message), { inputs: [file] });
  assert.match(next, /^'x' stands in the question, in id > 'x': write a value/);
});

test('what a function throws is the user’s own text', () => {
  const error = new SheafError('FUNCTION_THREW', 'f threw: \n\nLINE 1: x\n   ^');
  assert.equal(inOwnWords(error, { inputs: [] }), error);
});
