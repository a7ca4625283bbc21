import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type ResolvedSource, scanKey } from '../../../../coordinator/planner/source.ts';
import { resolveSources } from '../../../../coordinator/sources/resolve-sources.ts';
import type { SheafError } from '../../../../shared/errors.ts';
import type { FileFormat, ScanOptions } from '../../../../shared/plan/nodes/scan.ts';
import { PlannerBench, scan } from '../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

function resolve(paths: string | readonly string[], options: ScanOptions = {}, format?: FileFormat): ResolvedSource {
  const node = scan(paths, options, format);
  const source = resolveSources(node, bench.tools).get(scanKey(node));
  assert.ok(source);
  return source;
}

function refusal(paths: string | readonly string[], options: ScanOptions = {}, format?: FileFormat): SheafError {
  try {
    resolve(paths, options, format);
  } catch (thrown) {
    return thrown as SheafError;
  }
  throw new Error(`resolved: ${String(paths)}`);
}

function text(name: string, content: string | Uint8Array): string {
  mkdirSync(bench.path(name).replace(/\/[^/]*$/, ''), { recursive: true });
  writeFileSync(bench.path(name), content);
  return bench.path(name);
}

const names = ({ schema }: ResolvedSource): string => schema.map(({ name, type }) => `${name} ${type}`).join(', ');

test('a Parquet file is cut at its row groups, with rows and memory estimated', () => {
  const path = bench.file('groups.parquet', 'SELECT i, i::VARCHAR AS s FROM range(5000) t(i)');
  const source = resolve(path);
  assert.equal(names(source), 'i BIGINT, s VARCHAR');
  assert.deepEqual(
    source.splits.map(({ split }) => split.kind === 'parquet' && [split.firstRow, split.rows, split.fileRows]),
    [
      [0, 2048, 5000],
      [2048, 2048, 5000],
      [4096, 904, 5000],
    ],
  );
  assert.ok(source.splits.every(({ bytes, rows }) => bytes >= rows * 16));
});

test('globs are sorted, hidden files left out; a directory is all files of the format below it', () => {
  for (const name of [
    'tree/b.csv',
    'tree/a.csv',
    'tree/.hidden.csv',
    'tree/_tmp/x.csv',
    'tree/sub/c.csv',
    'tree/readme.md',
  ]) {
    text(name, 'x\n1\n');
  }
  const below = (path: string) =>
    resolve(bench.path(path), {}, 'csv').files.map((file) => file.path.slice(bench.path('tree/').length));
  assert.deepEqual(below('tree/*.csv'), ['a.csv', 'b.csv']);
  assert.deepEqual(below('tree/**/*.csv'), ['_tmp/x.csv', 'a.csv', 'b.csv', 'sub/c.csv']);
  assert.deepEqual(below('tree'), ['a.csv', 'b.csv', 'sub/c.csv']);
  assert.deepEqual(below('tree/*'), ['a.csv', 'b.csv']);
  symlinkSync(bench.path('tree/sub'), bench.path('tree/linked'));
  assert.deepEqual(below('tree'), ['a.csv', 'b.csv', 'linked/c.csv', 'sub/c.csv']);
});

test('a file is looked into once, until it changes', () => {
  const path = bench.file('cached.parquet', 'SELECT 1 AS a');
  resolve(path);
  const { connection } = bench;
  const describe = connection.describe.bind(connection);
  let asked = 0;
  connection.describe = (sql) => {
    asked++;
    return describe(sql);
  };
  resolve(path);
  assert.equal(asked, 0);
  utimesSync(path, new Date(), new Date(Date.now() + 5000));
  resolve(path);
  assert.ok(asked > 0);
  connection.describe = describe;
});

test('a missing file is told with what is near it', () => {
  text('data/flights.csv', 'a\n1\n');
  const error = refusal(bench.path('data/flihgts.csv'));
  assert.equal(error.code, 'FILE_NOT_FOUND');
  assert.match(error.next ?? '', /Did you mean "flights.csv"\?/);
  const nowhere = refusal(bench.path('no/such/place/x.csv'));
  assert.match(nowhere.next ?? '', new RegExp(`nearest directory that exists, ${bench.directory}: it holds`));
  assert.equal(refusal(bench.path('data/*.parquet'), {}, 'parquet').code, 'FILE_NOT_FOUND');
  assert.match(refusal(bench.path('data'), {}, 'parquet').message, /no parquet file lies below it/);
  assert.equal(refusal('relative.csv').code, 'PLAN_INVALID');
});

test('a Parquet file without its footer is named', () => {
  const good = bench.file('good.parquet', 'SELECT 1 AS a');
  const cut = bench.file('cut.parquet', 'SELECT i FROM range(10000) t(i)');
  truncateSync(cut, 1000);
  for (const path of [cut, text('text.parquet', 'not parquet at all, really'), text('empty.parquet', '')]) {
    const error = refusal([good, path]);
    assert.equal(error.code, 'FILE_CORRUPT', path);
    assert.ok(error.message.includes(path));
    assert.ok(error.next);
  }
});

test('files that declare other columns or types are a mismatch that says how', () => {
  const first = bench.file('m1.parquet', 'SELECT 1 AS a, 2 AS b');
  const lacks = refusal([first, bench.file('m2.parquet', 'SELECT 1 AS a')]);
  assert.equal(lacks.code, 'SCHEMA_MISMATCH');
  assert.match(lacks.message, /m2.parquet differs from .*m1.parquet: it lacks "b"/);
  assert.match(refusal([first, bench.file('m3.parquet', 'SELECT 1 AS a, 2 AS b, 3 AS c')]).message, /has "c" besides/);
  const typed = bench.file('m4.parquet', 'SELECT 1 AS a, 2.5::DOUBLE AS b');
  assert.match(refusal([first, typed]).message, /"b" is DOUBLE there and INTEGER here/);
  assert.equal(names(resolve([first, bench.file('m5.parquet', 'SELECT 2 AS b, 1 AS a')])), 'a INTEGER, b INTEGER');
});

test('with unionByName columns are gathered, types widened, and splits say what their file lacks', () => {
  const paths = [
    bench.file('u1.parquet', 'SELECT 1 AS a, 2 AS b'),
    bench.file('u2.parquet', 'SELECT 2.5::DOUBLE AS b, 3 AS c'),
  ];
  const source = resolve(paths, { unionByName: true });
  assert.equal(names(source), 'a INTEGER, b DOUBLE, c INTEGER');
  assert.deepEqual(
    source.splits.map(({ split }) => split.kind === 'parquet' && split.missing),
    [['c'], ['a']],
  );
  const odd = bench.file('u3.parquet', "SELECT {'x': 1} AS a");
  assert.equal(refusal([paths[0] ?? '', odd], { unionByName: true }).code, 'SCHEMA_MISMATCH');
});

test('a CSV dialect is sniffed for each file; guessed types widen over files', () => {
  const one = text('d1.csv', 'a,b\n1,x\n2,y\n');
  const two = text('d2.csv', 'a;b\n1.5;"x;y"\n2.5;z\n');
  const source = resolve([one, two]);
  assert.equal(names(source), 'a DOUBLE, b VARCHAR');
  const dialects = source.splits.map(({ split }) => split.kind === 'csv' && split.dialect);
  assert.deepEqual(
    dialects.map((dialect) => dialect && [dialect.delimiter, dialect.quote, dialect.escape, dialect.header]),
    [
      [',', '"', '"', true],
      [';', '"', '"', true],
    ],
  );
  assert.ok(dialects.every((dialect) => dialect && dialect.columns[0]?.type === 'DOUBLE'));
});

test('CSV is cut by bytes, but not where it is compressed or told to hold newlines in quotes', () => {
  const rows = `a,b\n${Array.from({ length: 1000 }, (_, i) => `${i},x${i}`).join('\n')}\n`;
  const plain = text('cut.csv', rows);
  const ranges = resolve(plain).splits.map(({ split }) => split.kind === 'csv' && [split.from, split.to]);
  assert.ok(ranges.length > 5);
  assert.deepEqual(
    ranges
      .flat()
      .slice(1, -1)
      .filter((_, i) => i % 2 === 0),
    ranges
      .flat()
      .slice(2)
      .filter((_, i) => i % 2 === 0),
  );
  assert.equal(resolve(plain, { multiline: true }).splits.length, 1);
  assert.equal(resolve(text('cut.csv.gz', gzipSync(rows)), {}, 'csv').splits.length, 1);
  assert.equal(resolve(text('old.csv', rows.replaceAll('\n', '\r'))).splits.length, 1);
});

test('CSV options and a given schema are obeyed', () => {
  const path = text('opt.csv', "a|b|c\n1|'x|y'|NA\n2|z|3\n");
  const options = { delimiter: '|', quote: "'", nullText: 'NA', header: true };
  assert.equal(names(resolve(path, options)), 'a BIGINT, b VARCHAR, c BIGINT');
  const schema = [{ name: 'c', type: 'DOUBLE' }];
  assert.equal(names(resolve(path, { ...options, schema })), 'c DOUBLE');
  const wrong = refusal(path, { ...options, schema: [{ name: 'cc', type: 'DOUBLE' }] });
  assert.equal(wrong.code, 'COLUMN_UNKNOWN');
  assert.match(wrong.next ?? '', /Did you mean "c"\?/);
  const bare = text('bare.csv', '1,2\n3,4\n');
  assert.equal(refusal(bare, { header: false, schema }).code, 'SCHEMA_MISMATCH');
});

test('a CSV row with too many fields is named with its line, also where the sniffer would see one column', () => {
  const error = refusal(text('many.csv', 'a,b\n1,2\n3,4,5\n6,7\n'));
  assert.equal(error.code, 'ROW_MALFORMED');
  assert.match(error.message, /many.csv, Line: 3: Expected Number of Columns: 2 Found: 3 \(3,4,5\)/);
  assert.equal(
    refusal(
      text(
        'binary.csv',
        Uint8Array.from({ length: 2000 }, (_, i) => i % 256),
      ),
    ).code,
    'ROW_MALFORMED',
  );
});

test('NDJSON has its types fixed for all tasks; files may lack keys', () => {
  const one = text('n1.ndjson', '{"a": 1, "b": {"c": [1, 2]}}\n{"a": 2.5}\n');
  const two = text('n2.ndjson', '{"a": 7, "z": "x"}\n');
  assert.equal(names(resolve([one, two])), 'a DOUBLE, b STRUCT("c" BIGINT[]), z VARCHAR');
  assert.match(refusal(text('bad.ndjson', '{"a":1}\n{"a":2\n{"a":3}\n')).message, /bad.ndjson.* in line 3/);
  assert.match(refusal(text('array.ndjson', '[\n {"a":1}\n]')).message, /one JSON array/);
});

test('too many files are refused with the limit', () => {
  const tools = { ...bench.tools, config: { ...bench.config, sourceFilesMax: 1 } };
  const paths = [text('q1.csv', 'a\n1\n'), text('q2.csv', 'a\n1\n')];
  assert.throws(() => resolveSources(scan(paths), tools), {
    code: 'QUOTA_EXCEEDED',
    message: /2 files; the limit is 1/,
  });
});

test('a file that may not be read is told as such', () => {
  const path = text('secret.csv', 'a\n1\n');
  chmodSync(bench.directory, 0o755);
  chmodSync(path, 0o000);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(nobody); // permissions do not bind root
  try {
    const error = refusal(path);
    assert.equal(error.code, 'PERMISSION_DENIED');
    assert.match(error.message, /secret.csv/);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

const nobody = 65_534;

test('a file that is removed while it is looked into is told as that, without our SQL; so is what is corrupt', () => {
  const path = bench.file('vanishes.parquet', 'SELECT 1 AS a');
  const { connection } = bench;
  const describe = connection.describe.bind(connection);
  connection.describe = (sql) => {
    rmSync(path, { force: true });
    return describe(sql);
  };
  try {
    const gone = refusal(path);
    assert.equal(gone.code, 'FILE_NOT_FOUND');
    assert.equal(gone.message, `${path} was there when it was listed, and was removed before it was looked into`);
    assert.match(gone.next ?? '', /again/);
  } finally {
    connection.describe = describe;
  }
  const { code, message } = refusal(text('corrupt.parquet', 'PAR1 and no more of it'));
  assert.equal(code, 'FILE_CORRUPT');
  assert.doesNotMatch(message, /LINE 1/);
});

test('files without rows tell what DuckDB says of them alone, and beside others no names or types', () => {
  const [blank, header, rows] = [text('e0.csv', ''), text('e1.csv', 'a,b\n'), text('e2.csv', 'a,b\n1,x\n')];
  const alone = resolve(blank);
  assert.deepEqual([names(alone), alone.splits.length], ['column0 VARCHAR', 0]);
  assert.equal(names(resolve(header)), 'a VARCHAR, b VARCHAR');
  assert.equal(names(resolve([blank, header, rows])), 'a BIGINT, b VARCHAR');
  assert.equal(names(resolve([rows, header])), 'a BIGINT, b VARCHAR');
  assert.equal(refusal([text('e3.csv', 'z\n'), rows]).code, 'SCHEMA_MISMATCH');
  assert.equal(names(resolve([blank, rows], { unionByName: true })), 'column0 VARCHAR, a BIGINT, b VARCHAR');
  const [none, lines, one] = [text('e0.ndjson', ''), text('e1.ndjson', '\n \n'), text('e2.ndjson', '{"a": 1}\n')];
  for (const path of [none, lines]) assert.deepEqual([names(resolve(path)), resolve(path).splits], ['json JSON', []]);
  assert.equal(names(resolve([none, lines, one])), 'a BIGINT');
});

test('a column of CSV files that is text in one of them is text', () => {
  const paths = [text('w0.csv', 'a,b\n1,2\n'), text('w1.csv', 'a,b\nn/a,2.5\n')];
  assert.equal(names(resolve(paths)), 'a VARCHAR, b DOUBLE');
});

test('keys of NDJSON that SQL cannot tell apart are refused: tasks would find nothing by the names that they get', () => {
  const refused = ['{"A":1,"a":2}', '{"ID":1}\n{"id":2}', '{"":1}'].map((lines, i) =>
    refusal(text(`k${i}.ndjson`, lines)),
  );
  assert.deepEqual([...new Set(refused.map(({ code }) => code))], ['NOT_SUPPORTED']);
  assert.match(refused[0]?.message ?? '', /k0\.ndjson is one that SQL cannot name and DuckDB calls "a_1"/);
  const [upper, lower] = [text('u.ndjson', '{"ID":1}\n'), text('v.ndjson', '{"id":1}\n')];
  assert.match(refusal([upper, lower]).message, /v\.ndjson is "id", which is "ID" in .*u\.ndjson/);
  assert.equal(names(resolve(text('n.ndjson', '{"a_1":1,"C0":2}'))), 'a_1 BIGINT, C0 BIGINT');
});

test('a file that is named by a pattern is that file, and read as that', () => {
  for (const name of ['p?.csv', 'px.csv', 'p[x].csv']) text(name, 'a,b\n1,2\n');
  assert.equal(resolve(bench.path('p*.csv')).files.length, 3);
  for (const [name, key] of Object.entries({ 'q?.ndjson': 'a', 'qx.ndjson': 'b' })) text(name, `{"${key}":1}\n`);
  assert.equal(names(resolve(bench.path('q?.ndjson'))), 'a BIGINT');
});
