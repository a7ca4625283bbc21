import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { Float64, Int32, Table, tableToIPC, vectorFromArray } from 'apache-arrow';
import { PlannerBench } from '../../../support/planner/planner.ts';
import { columnsOf, Resolving } from '../../../support/planner/resolving.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
const files = new Resolving(bench);

test('files that declare other columns or types are a mismatch that says how', () => {
  const first = bench.file('m1.parquet', 'SELECT 1 AS a, 2 AS b');
  const lacks = files.refusal([first, bench.file('m2.parquet', 'SELECT 1 AS a')]);
  assert.equal(lacks.code, 'SCHEMA_MISMATCH');
  assert.match(lacks.message, /m2.parquet differs from .*m1.parquet: it lacks "b"/);
  assert.match(
    files.refusal([first, bench.file('m3.parquet', 'SELECT 1 AS a, 2 AS b, 3 AS c')]).message,
    /has "c" besides/,
  );
  const typed = bench.file('m4.parquet', 'SELECT 1 AS a, 2.5::DOUBLE AS b');
  assert.match(files.refusal([first, typed]).message, /"b" is DOUBLE there and INTEGER here/);
  assert.equal(
    columnsOf(files.source([first, bench.file('m5.parquet', 'SELECT 2 AS b, 1 AS a')])),
    'a INTEGER, b INTEGER',
  );
});

test('with unionByName columns are gathered, types widened, and splits say what their file lacks', () => {
  const paths = [
    bench.file('u1.parquet', 'SELECT 1 AS a, 2 AS b'),
    bench.file('u2.parquet', 'SELECT 2.5::DOUBLE AS b, 3 AS c'),
  ];
  const source = files.source(paths, { unionByName: true });
  assert.equal(columnsOf(source), 'a INTEGER, b DOUBLE, c INTEGER');
  assert.deepEqual(
    source.splits.map(({ split }) => split.kind === 'parquet' && split.missing),
    [['c'], ['a']],
  );
  const odd = bench.file('u3.parquet', "SELECT {'x': 1} AS a");
  const refused = files.refusal([paths[0] ?? '', odd], { unionByName: true });
  assert.equal(refused.code, 'SCHEMA_MISMATCH');
  assert.match(refused.next ?? '', /^No type is found for both/);
});

test('Arrow files whose types differ are refused by name, too: their batches are handed on as they are', () => {
  const [integers, doubles] = [new Int32(), new Float64()].map((type, i) => {
    const path = bench.path(`types${i}.arrow`);
    writeFileSync(path, tableToIPC(new Table({ v: vectorFromArray([1, 2], type) }), 'file'));
    return path;
  }) as [string, string];
  for (const paths of [
    [integers, doubles],
    [doubles, integers],
  ])
    assert.equal(files.refusal(paths, { unionByName: true }).code, 'SCHEMA_MISMATCH');
});

test('files without rows tell what DuckDB says of them alone, and beside others no names or types', () => {
  const [blank, header, rows] = [
    files.text('e0.csv', ''),
    files.text('e1.csv', 'a,b\n'),
    files.text('e2.csv', 'a,b\n1,x\n'),
  ];
  const alone = files.source(blank);
  assert.deepEqual([columnsOf(alone), alone.splits.length], ['column0 VARCHAR', 0]);
  assert.equal(columnsOf(files.source(header)), 'a VARCHAR, b VARCHAR');
  assert.equal(columnsOf(files.source([blank, header, rows])), 'a BIGINT, b VARCHAR');
  assert.equal(columnsOf(files.source([rows, header])), 'a BIGINT, b VARCHAR');
  assert.equal(files.refusal([files.text('e3.csv', 'z\n'), rows]).code, 'SCHEMA_MISMATCH');
  assert.equal(columnsOf(files.source([blank, rows], { unionByName: true })), 'column0 VARCHAR, a BIGINT, b VARCHAR');
  const [none, lines, one] = [
    files.text('e0.ndjson', ''),
    files.text('e1.ndjson', '\n \n'),
    files.text('e2.ndjson', '{"a": 1}\n'),
  ];
  for (const path of [none, lines])
    assert.deepEqual([columnsOf(files.source(path)), files.source(path).splits], ['json JSON', []]);
  assert.equal(columnsOf(files.source([none, lines, one])), 'a BIGINT');
});

test('a column of CSV files that is text in one of them is text', () => {
  const paths = [files.text('w0.csv', 'a,b\n1,2\n'), files.text('w1.csv', 'a,b\nn/a,2.5\n')];
  assert.equal(columnsOf(files.source(paths)), 'a VARCHAR, b DOUBLE');
});

test('keys of NDJSON that SQL cannot tell apart are refused: tasks would find nothing by the names that they get', () => {
  const refused = ['{"A":1,"a":2}', '{"ID":1}\n{"id":2}', '{"":1}'].map((lines, i) =>
    files.refusal(files.text(`k${i}.ndjson`, lines)),
  );
  assert.deepEqual([...new Set(refused.map(({ code }) => code))], ['NOT_SUPPORTED']);
  assert.match(refused[0]?.message ?? '', /k0\.ndjson is one that SQL cannot name and DuckDB calls "a_1"/);
  const [upper, lower] = [files.text('u.ndjson', '{"ID":1}\n'), files.text('v.ndjson', '{"id":1}\n')];
  assert.match(files.refusal([upper, lower]).message, /v\.ndjson is "id", which is "ID" in .*u\.ndjson/);
  assert.equal(columnsOf(files.source(files.text('n.ndjson', '{"a_1":1,"C0":2}'))), 'a_1 BIGINT, C0 BIGINT');
});
