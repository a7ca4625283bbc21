import assert from 'node:assert/strict';
import { chmodSync, rmSync, symlinkSync, truncateSync, utimesSync } from 'node:fs';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { resolveSources } from '../../../../coordinator/sources/resolve-sources.ts';
import { PlannerBench, scan } from '../../../support/planner/planner.ts';
import { columnsOf, Resolving } from '../../../support/planner/resolving.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
const files = new Resolving(bench);

test('a Parquet file is cut at its row groups, with rows and memory estimated', () => {
  const path = bench.file('groups.parquet', 'SELECT i, i::VARCHAR AS s FROM range(5000) t(i)');
  const source = files.source(path);
  assert.equal(columnsOf(source), 'i BIGINT, s VARCHAR');
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
    files.text(name, 'x\n1\n');
  }
  const below = (path: string) =>
    files.source(bench.path(path), {}, 'csv').files.map((file) => file.path.slice(bench.path('tree/').length));
  assert.deepEqual(below('tree/*.csv'), ['a.csv', 'b.csv']);
  assert.deepEqual(below('tree/**/*.csv'), ['_tmp/x.csv', 'a.csv', 'b.csv', 'sub/c.csv']);
  assert.deepEqual(below('tree'), ['a.csv', 'b.csv', 'sub/c.csv']);
  assert.deepEqual(below('tree/*'), ['a.csv', 'b.csv']);
  symlinkSync(bench.path('tree/sub'), bench.path('tree/linked'));
  assert.deepEqual(below('tree'), ['a.csv', 'b.csv', 'linked/c.csv', 'sub/c.csv']);
});

test('a file is looked into once, until it changes', () => {
  const path = bench.file('cached.parquet', 'SELECT 1 AS a');
  files.source(path);
  const { connection } = bench;
  const describe = connection.describe.bind(connection);
  let asked = 0;
  connection.describe = (sql) => {
    asked++;
    return describe(sql);
  };
  files.source(path);
  assert.equal(asked, 0);
  utimesSync(path, new Date(), new Date(Date.now() + 5000));
  files.source(path);
  assert.ok(asked > 0);
  connection.describe = describe;
});

test('a missing file is told with what is near it', () => {
  files.text('data/flights.csv', 'a\n1\n');
  const error = files.refusal(bench.path('data/flihgts.csv'));
  assert.equal(error.code, 'FILE_NOT_FOUND');
  assert.match(error.next ?? '', /Did you mean "flights.csv"\?/);
  const nowhere = files.refusal(bench.path('no/such/place/x.csv'));
  assert.match(nowhere.next ?? '', new RegExp(`nearest directory that exists, ${bench.directory}: it holds`));
  assert.equal(files.refusal(bench.path('data/*.parquet'), {}, 'parquet').code, 'FILE_NOT_FOUND');
  assert.match(files.refusal(bench.path('data'), {}, 'parquet').message, /no parquet file lies below it/);
  assert.equal(files.refusal('relative.csv').code, 'PLAN_INVALID');
});

test('a Parquet file without its footer is named', () => {
  const good = bench.file('good.parquet', 'SELECT 1 AS a');
  const cut = bench.file('cut.parquet', 'SELECT i FROM range(10000) t(i)');
  truncateSync(cut, 1000);
  for (const path of [cut, files.text('text.parquet', 'not parquet at all, really'), files.text('empty.parquet', '')]) {
    const error = files.refusal([good, path]);
    assert.equal(error.code, 'FILE_CORRUPT', path);
    assert.ok(error.message.includes(path));
    assert.ok(error.next);
  }
});

test('a CSV dialect is sniffed for each file; guessed types widen over files', () => {
  const one = files.text('d1.csv', 'a,b\n1,x\n2,y\n');
  const two = files.text('d2.csv', 'a;b\n1.5;"x;y"\n2.5;z\n');
  const source = files.source([one, two]);
  assert.equal(columnsOf(source), 'a DOUBLE, b VARCHAR');
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
  const plain = files.text('cut.csv', rows);
  const ranges = files.source(plain).splits.map(({ split }) => split.kind === 'csv' && [split.from, split.to]);
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
  assert.equal(files.source(plain, { multiline: true }).splits.length, 1);
  assert.equal(files.source(files.text('cut.csv.gz', gzipSync(rows)), {}, 'csv').splits.length, 1);
  assert.equal(files.source(files.text('old.csv', rows.replaceAll('\n', '\r'))).splits.length, 1);
});

test('CSV options and a given schema are obeyed', () => {
  const path = files.text('opt.csv', "a|b|c\n1|'x|y'|NA\n2|z|3\n");
  const options = { delimiter: '|', quote: "'", nullText: 'NA', header: true };
  assert.equal(columnsOf(files.source(path, options)), 'a BIGINT, b VARCHAR, c BIGINT');
  const schema = [{ name: 'c', type: 'DOUBLE' }];
  assert.equal(columnsOf(files.source(path, { ...options, schema })), 'c DOUBLE');
  const wrong = files.refusal(path, { ...options, schema: [{ name: 'cc', type: 'DOUBLE' }] });
  assert.equal(wrong.code, 'COLUMN_UNKNOWN');
  assert.match(wrong.next ?? '', /Did you mean "c"\?/);
  const bare = files.text('bare.csv', '1,2\n3,4\n');
  assert.equal(files.refusal(bare, { header: false, schema }).code, 'SCHEMA_MISMATCH');
});

test('a CSV row with too many fields is named with its line, also where the sniffer would see one column', () => {
  const error = files.refusal(files.text('many.csv', 'a,b\n1,2\n3,4,5\n6,7\n'));
  assert.equal(error.code, 'ROW_MALFORMED');
  assert.match(error.message, /many.csv, Line: 3: Expected Number of Columns: 2 Found: 3 \(3,4,5\)/);
  assert.equal(
    files.refusal(
      files.text(
        'binary.csv',
        Uint8Array.from({ length: 2000 }, (_, i) => i % 256),
      ),
    ).code,
    'ROW_MALFORMED',
  );
});

test('NDJSON has its types fixed for all tasks; files may lack keys', () => {
  const one = files.text('n1.ndjson', '{"a": 1, "b": {"c": [1, 2]}}\n{"a": 2.5}\n');
  const two = files.text('n2.ndjson', '{"a": 7, "z": "x"}\n');
  assert.equal(columnsOf(files.source([one, two])), 'a DOUBLE, b STRUCT("c" BIGINT[]), z VARCHAR');
  assert.match(files.refusal(files.text('bad.ndjson', '{"a":1}\n{"a":2\n{"a":3}\n')).message, /bad.ndjson.* in line 3/);
  assert.match(files.refusal(files.text('array.ndjson', '[\n {"a":1}\n]')).message, /one JSON array/);
});

test('too many files are refused with the limit', () => {
  const tools = { ...bench.tools, config: { ...bench.config, sourceFilesMax: 1 } };
  const paths = [files.text('q1.csv', 'a\n1\n'), files.text('q2.csv', 'a\n1\n')];
  assert.throws(() => resolveSources(scan(paths), tools), {
    code: 'QUOTA_EXCEEDED',
    message: /2 files; the limit is 1/,
  });
});

test('a file that may not be read is told as such', () => {
  const path = files.text('secret.csv', 'a\n1\n');
  chmodSync(bench.directory, 0o755);
  chmodSync(path, 0o000);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(nobody); // permissions do not bind root
  try {
    const error = files.refusal(path);
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
    const gone = files.refusal(path);
    assert.equal(gone.code, 'FILE_NOT_FOUND');
    assert.equal(gone.message, `${path} was there when it was listed, and was removed before it was looked into`);
    assert.match(gone.next ?? '', /again/);
  } finally {
    connection.describe = describe;
  }
  const { code, message } = files.refusal(files.text('corrupt.parquet', 'PAR1 and no more of it'));
  assert.equal(code, 'FILE_CORRUPT');
  assert.doesNotMatch(message, /LINE 1/);
});

test('a file that is named by a pattern is that file, and read as that', () => {
  for (const name of ['p?.csv', 'px.csv', 'p[x].csv']) files.text(name, 'a,b\n1,2\n');
  assert.equal(files.source(bench.path('p*.csv')).files.length, 3);
  for (const [name, key] of Object.entries({ 'q?.ndjson': 'a', 'qx.ndjson': 'b' })) files.text(name, `{"${key}":1}\n`);
  assert.equal(columnsOf(files.source(bench.path('q?.ndjson'))), 'a BIGINT');
});
