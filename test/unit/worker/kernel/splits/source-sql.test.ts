import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { type ResolvedSource, scanKey } from '../../../../../coordinator/planner/source.ts';
import { resolveSources } from '../../../../../coordinator/sources/resolve-sources.ts';
import { SheafError } from '../../../../../shared/errors.ts';
import type { ScanOptions } from '../../../../../shared/plan/nodes/scan.ts';
import type { FileRef } from '../../../../../shared/stage/split.ts';
import { inFileTerms } from '../../../../../worker/kernel/row-errors.ts';
import { checkFile, ofChangedFile } from '../../../../../worker/kernel/splits/check-file.ts';
import { materialiseRange, type TextSplit } from '../../../../../worker/kernel/splits/ranges.ts';
import { type SqlSplit, sourceSql } from '../../../../../worker/kernel/splits/source-sql.ts';
import { PlannerBench, scan } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
const ranges = bench.path('ranges');
mkdirSync(ranges);

function text(name: string, content: string): string {
  writeFileSync(bench.path(name), content);
  return bench.path(name);
}

const file = (path: string): FileRef => {
  const { size, mtimeMs } = statSync(path);
  return { path, sizeBytes: size, modifiedMs: mtimeMs };
};

function resolve(paths: string | readonly string[], options: ScanOptions = {}): ResolvedSource {
  const node = scan(paths, options);
  const source = resolveSources(node, bench.tools).get(scanKey(node));
  assert.ok(source);
  return source;
}

/** Reads splits as one task; errors in terms of the file. */
function read({ schema, splits }: ResolvedSource): Record<string, unknown>[] {
  const paths = new Map<string, TextSplit>();
  const sql = sourceSql(schema, splits.map(({ split }) => split) as SqlSplit[], (split) => {
    const path = materialiseRange(split, ranges, paths.size);
    paths.set(path, split);
    return path;
  });
  try {
    return bench.connection.rows(sql);
  } catch (thrown) {
    throw inFileTerms(SheafError.from(thrown), paths);
  }
}

const asked = (sql: string): Record<string, unknown>[] => bench.connection.rows(sql);

test('every split of every format gives its rows once, in order', () => {
  const rows = "SELECT i, 'x' || i AS s, i / 4 AS d, CASE WHEN i % 5 > 0 THEN i % 7 END AS n FROM range(3000) t(i)";
  for (const name of ['all.parquet', 'all.csv', 'all.ndjson']) {
    const path = bench.file(name, rows);
    const source = resolve(path);
    assert.ok(source.splits.length > 1, name);
    assert.deepEqual(read(source), asked(`SELECT * FROM '${path}'`), name);
    const each = source.splits.flatMap((split) => read({ ...source, splits: [split] }));
    assert.deepEqual(each, asked(`SELECT * FROM '${path}'`), name);
  }
});

test('only the columns asked for are read, and a task without splits yields none', () => {
  const source = resolve(bench.file('some.parquet', 'SELECT 1 AS a, 2 AS b'));
  const schema = [{ name: 'b', type: 'BIGINT' }];
  assert.deepEqual(read({ ...source, schema }), [{ b: 2 }]);
  assert.deepEqual(read({ ...source, splits: [] }), []);
});

test('columns that a file lacks are null', () => {
  const parquet = [bench.file('x1.parquet', 'SELECT 1 AS a'), bench.file('x2.parquet', 'SELECT 2 AS b')];
  const csv = [text('x1.csv', 'a\n1\n'), text('x2.csv', 'b\n2\n')];
  const expected = [
    { a: 1, b: null },
    { a: null, b: 2 },
  ];
  for (const paths of [parquet, csv]) assert.deepEqual(read(resolve(paths, { unionByName: true })), expected);
});

test('files whose types differ are read by name as DuckDB reads them: each value is cast from the type of its file', () => {
  const paths = [
    bench.file('t1.parquet', "SELECT 1 AS a, 2 AS b, DATE '2024-02-29' AS c, {'x': 1} AS d"),
    bench.file(
      't2.parquet',
      "SELECT 1.5::DOUBLE AS a, 'two' AS b, TIMESTAMP '2024-03-01 12:00:00' AS c, {'x': 2.5} AS d",
    ),
    bench.file('t3.parquet', "SELECT 2 AS a, NULL::INTEGER AS b, 'later' AS c, {'y': 'z'} AS d"),
  ];
  for (const some of [paths, paths.slice(0, 2), paths.slice(1), paths.toReversed()]) {
    const sql = `SELECT * FROM read_parquet([${some.map((path) => `'${path}'`).join()}], union_by_name = true)`;
    const source = resolve(some, { unionByName: true });
    assert.deepEqual(source.schema, bench.connection.describe(sql));
    assert.deepEqual(read(source), bench.connection.rows(sql));
  }
});

test('whole files of one schema are read by one call', () => {
  const paths = [bench.file('w1.parquet', 'SELECT 1 AS a'), bench.file('w2.parquet', 'SELECT 2 AS a')];
  const { schema, splits } = resolve(paths);
  const sql = sourceSql(schema, splits.map(({ split }) => split) as SqlSplit[], () => '');
  assert.equal(sql.match(/read_parquet/g)?.length, 1);
  assert.doesNotMatch(sql, /file_row_number/);
});

test('lines before the header, comments, other delimiters, dates and nulls survive the cut', () => {
  const lines = Array.from({ length: 300 }, (_, i) => `${i};"a;${i}";${i % 2 ? 'NA' : `0${1 + (i % 9)}/02/2024`}`);
  const path = text('odd.csv', `# made by hand\r\nid;name;day\r\n${lines.join('\r\n')}\r\n`);
  const source = resolve(path, { nullText: 'NA' });
  assert.ok(source.splits.length > 1);
  assert.deepEqual(read(source), asked(`SELECT * FROM read_csv('${path}', nullstr = 'NA')`));
});

test('ranges share no line and lose none, wherever they are cut', () => {
  const line = fc.stringMatching(/^[a-z"]{0,12}$/);
  const property = fc.property(fc.array(line), fc.boolean(), fc.array(fc.nat(400)), (lines, ended, cuts) => {
    const content = lines.join('\n') + (ended ? '\n' : '');
    const ref = file(text('lines.ndjson', content));
    const places = [...new Set([0, ...cuts.filter((cut) => cut < ref.sizeBytes), ref.sizeBytes])].sort((a, b) => a - b);
    const parts = places.slice(1).map((to, i) => {
      const split = { kind: 'ndjson' as const, file: ref, from: places[i] ?? 0, to };
      return readFileSync(materialiseRange(split, ranges, i), 'utf8');
    });
    assert.equal(parts.join(''), content);
    const filled = parts.filter((part) => part !== '');
    for (const part of filled.slice(0, -1)) assert.ok(part.endsWith('\n'));
  });
  fc.assert(property);
});

test('a cut inside quotes is noticed, and multiline reads the file in one piece', () => {
  const lines = Array.from({ length: 200 }, (_, i) => `${i},"first\nsecond, ""${i}"""`);
  const early = text('quoted-early.csv', `a,b\n${lines.join('\n')}\n`);
  assert.equal(read(resolve(early)).length, 200);
  // Behind what the sniffer looks at.
  const plain = Array.from({ length: 130_000 }, (_, i) => `${i},third ${i}`);
  const path = text('quoted.csv', `a,b\n${[...plain, ...lines].join('\n')}\n`);
  assert.throws(() => read(resolve(path)), {
    code: 'ROW_MALFORMED',
    message: /quoted value spans lines/,
    next: /multiline/,
  });
  assert.equal(read(resolve(path, { multiline: true })).length, 130_200);
});

test('a bad row is told with its file and its line there, from whichever range', () => {
  const rows = Array.from({ length: 1000 }, (_, i) => `${i},x${i}`);
  const path = text('late.csv', `a,b\n${rows.join('\n')}\n`);
  const source = resolve(path);
  appendFileSync(path, '1,2,3\n');
  const ref = file(path);
  const splits = source.splits.map(({ split, ...rest }, i) => {
    const end = i === source.splits.length - 1 && split.kind === 'csv' ? { to: ref.sizeBytes } : {};
    return { ...rest, split: { ...split, file: ref, ...end } };
  });
  const broken = { ...source, splits };
  assert.throws(
    () => read(broken),
    (error: SheafError) => {
      assert.equal(error.code, 'ROW_MALFORMED');
      assert.match(error.message, /late.csv, line 1002: .*Expected Number of Columns: 2 Found: 3/s);
      assert.equal(error.details?.line, 1002);
      assert.doesNotMatch(error.message, /ranges/);
      return true;
    },
  );
});

test('a value of another type is told with its line', () => {
  const path = text(
    'typed.ndjson',
    `${Array.from({ length: 500 }, (_, i) => `{"a": ${i}}`).join('\n')}\n{"a": "word"}\n`,
  );
  const schema = [{ name: 'a', type: 'BIGINT' }];
  assert.throws(() => read(resolve(path, { schema })), { code: 'ROW_MALFORMED', message: /typed.ndjson, line 501/ });
});

test('a worker reads only what the coordinator saw', () => {
  const ref = file(text('seen.csv', 'a\n1\n'));
  checkFile(ref, 'w1');
  assert.throws(() => checkFile({ ...ref, modifiedMs: ref.modifiedMs - 5000 }, 'w1'), { code: 'FILE_CHANGED' });
  appendFileSync(ref.path, '2\n');
  assert.throws(() => checkFile(ref, 'w1'), { code: 'FILE_CHANGED', message: /seen.csv is not on worker w1/ });
  rmSync(ref.path);
  assert.throws(() => checkFile(ref, 'w1'), {
    code: 'FILE_NOT_VISIBLE',
    message: /Worker w1 cannot see .*seen.csv/,
    next: 'If it was removed meanwhile, run the job again; else keep it in a folder that all workers see, or send its rows from your program with cluster.from().',
  });
});

test('what goes wrong with a file that changed while it was read is told as that', () => {
  const ref = file(bench.file('changing.parquet', 'SELECT 1 AS a'));
  const failed = (): SheafError => {
    try {
      bench.connection.rows(`SELECT a FROM read_parquet('${ref.path}')`);
    } catch (thrown) {
      return ofChangedFile(SheafError.from(thrown), [ref], 'w1');
    }
    return assert.fail('it is read');
  };
  writeFileSync(ref.path, 'no Parquet any more');
  const { code, next = '', cause } = failed();
  assert.equal(code, 'FILE_CHANGED');
  assert.match(next, /run the job again/);
  assert.equal(SheafError.from(cause).code, 'FILE_CORRUPT');
  const same = ofChangedFile(SheafError.from(cause), [file(ref.path)], 'w1');
  assert.equal(same.code, 'FILE_CORRUPT', 'it was so from the beginning');
  rmSync(ref.path);
  assert.match(failed().message, /Worker w1 cannot see .*changing.parquet/);
  const other = new SheafError('QUERY_FAILED', 'Out of Range Error: Overflow in addition');
  assert.equal(ofChangedFile(other, [ref], 'w1'), other);
});

test('of several files that an error names, the one that changed is told', () => {
  const [first, second] = [
    file(bench.file('kept.parquet', 'SELECT 1 AS a')),
    file(bench.file('remade.parquet', 'SELECT 1 AS a')),
  ];
  bench.file('remade.parquet', "SELECT 'other' AS b, 2 AS c");
  assert.throws(
    () => {
      try {
        bench.connection.rows(`SELECT a FROM read_parquet(['${first.path}', '${second.path}'])`);
      } catch (thrown) {
        const error = SheafError.from(thrown);
        assert.equal(error.code, 'SCHEMA_MISMATCH');
        throw ofChangedFile(error, [first, second], 'w1');
      }
    },
    { code: 'FILE_CHANGED', message: /remade.parquet is not on worker w1/ },
  );
});

test('a file whose name is a pattern to DuckDB is read once, beside others that the pattern names', () => {
  for (const name of ['g?', 'gx', 'g[x]']) {
    text(`${name}.csv`, `a,b\n${name},2\n`);
    text(`${name}.ndjson`, `{"a":"${name}"}\n`);
    bench.file(`${name}.parquet`, `SELECT '${name}' AS a`);
  }
  for (const ending of ['csv', 'ndjson', 'parquet']) {
    const rows = read(resolve(bench.path(`g*.${ending}`)));
    assert.deepEqual(rows.map(({ a }) => a).sort(), ['g?', 'g[x]', 'gx'], ending);
  }
});
