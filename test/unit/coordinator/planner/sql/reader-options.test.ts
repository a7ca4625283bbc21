import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { explainPlan } from '../../../../../coordinator/planner/explain/staged.ts';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../support/same-rows.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const write = (name: string, head: string, line: (i: number) => string): string => {
  const path = bench.path(name);
  writeFileSync(path, `${head}${Array.from({ length: 300 }, (_, i) => `${line(i)}\n`).join('')}`);
  return path;
};

const files = {
  commas: write('commas.csv', 'id,text,at\n', (i) => `${i},"t ""${i}",2020-01-${10 + (i % 9)}`),
  semicolons: write('semicolons.csv', 'id;text;at\n', (i) => `${i};a,b|${i};${1 + (i % 9)}/12/2020`),
  bare: write('bare.txt', '', (i) => `${i},${i % 3 === 0 ? 'NA' : `t${i}`},${i * 2}`),
  preamble: write('preamble.csv', 'made by hand\non a day\nid,text\n', (i) => `${i},t${i}`),
  remarks: write('remarks.csv', 'id,text\n', (i) => (i % 7 === 0 ? '# a remark, or two' : `${i},t${i}`)),
  quoted: write('quoted.csv', 'id|text\n', (i) => `${i}|'it''s ${i}'`),
  escaped: write('escaped.csv', 'id,text\n', (i) => `${i},"a \\"b\\" ${i}, c"`),
  log: write('log.txt', '', (i) => `2020 "GET /${i}, ${i}" ${i}`),
};

const understood: readonly (readonly [keyof typeof files, string])[] = [
  ['commas', 'header = true'],
  ['commas', 'header := true'],
  ['commas', 'HEADER = false'],
  ['commas', "delim = ',', quote = '\"', escape = '\"', auto_detect = true"],
  ['commas', 'all_varchar = true'],
  ['commas', 'sample_size = -1'],
  ['commas', "types = {'id': 'DOUBLE', 'at': 'VARCHAR'}"],
  ['commas', "types = ['DOUBLE']"],
  ['commas', "dtypes = {'id': 'DECIMAL(9, 2)'}"],
  ['commas', "names = ['a', 'b']"],
  ['commas', "columns = {'a': 'INTEGER', 'b': 'VARCHAR', 'c': 'TIMESTAMP'}, header = true"],
  ['semicolons', "sep = ';'"],
  ['semicolons', "delim = '|', header = false"],
  ['semicolons', "dateformat = '%d/%m/%Y'"],
  ['semicolons', "dateformat = '%d/%m/%Y', types = {'at': 'DATE'}"],
  ['bare', "nullstr = 'NA'"],
  ['bare', "header = false, nullstr = 'NA', names = ['x', 'y', 'z']"],
  ['bare', "columns = {'x': 'DOUBLE', 'y': 'VARCHAR', 'z': 'BIGINT'}, header = false"],
  ['preamble', 'skip = 2'],
  ['preamble', 'skip = 2, header = true'],
  ['preamble', 'skip = 3, header = false'],
  ['remarks', "comment = '#'"],
  ['quoted', "quote = ''''"],
  ['escaped', "escape = '\\'"],
  ['log', "delim = '\x01', quote = '', escape = '', header = false, columns = {'line': 'VARCHAR'}"],
];

for (const [file, options] of understood) {
  test(`${file} with ${options}: in parallel, as DuckDB reads it`, () => {
    const text = `SELECT * FROM read_csv('${files[file]}', ${options})`;
    const staged = bench.plan({ kind: 'sql', text });
    assert.match(explainPlan(staged).text, /scan \S+ \([2-9] tasks\)/);
    const table = runLocally(staged, bench.connection, { directory: bench.directory });
    assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), true, options);
    assert.deepEqual(bench.connection.describe(`FROM ${table}`), bench.connection.describe(text));
  });
}

const whole: readonly (readonly [keyof typeof files, string])[] = [
  ['commas', 'filename = true'],
  ['commas', 'ignore_errors = true'],
  ['commas', 'strict_mode = false, header = true'],
  ['commas', "columns = {'a': 'INTEGER', 'b': 'VARCHAR', 'c': 'TIMESTAMP'}"],
  ['bare', "nullstr = ['NA', '7']"],
];

for (const [file, options] of whole) {
  test(`${file} with ${options}: in one task, as DuckDB reads it, and explain says by what`, () => {
    const text = `SELECT * FROM read_csv('${files[file]}', ${options})`;
    const staged = bench.plan({ kind: 'sql', text });
    assert.match(explainPlan(staged).text, new RegExp(`read_csv with ${options.split(' ')[0]} is read in one piece`));
    const table = runLocally(staged, bench.connection, { directory: bench.directory });
    assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), true, options);
  });
}

test('a file whose beginning has quoted values over several lines is read in one piece', () => {
  const path = write('lines.csv', 'id,text\n', (i) => `${i},"line ${i}\nand the next, ""quoted"""`);
  const text = `SELECT * FROM '${path}'`;
  const table = runLocally(bench.plan({ kind: 'sql', text }), bench.connection, { directory: bench.directory });
  assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), true, text);
});

test('columns that only the reader has are answered, in one task', () => {
  const parquet = bench.file('p.parquet', 'SELECT i, i % 3 AS k FROM range(9000) t(i)');
  const ask = (text: string): string => {
    const staged = bench.plan({ kind: 'sql', text });
    const table = runLocally(staged, bench.connection, { directory: bench.directory });
    assertSameRows(bench.connection.rows(`FROM ${table}`), bench.connection.rows(text), false, text);
    return explainPlan(staged).text;
  };
  const reason = /is known to DuckDB's own readers of files alone/;
  assert.match(ask(`SELECT filename, count(*) AS n FROM '${parquet}' GROUP BY ALL`), reason);
  assert.match(ask(`SELECT i FROM '${parquet}' t WHERE t.file_row_number % 100 = 7 ORDER BY i LIMIT 20`), reason);
  assert.match(
    ask(`SELECT filename[-5:] AS ending, max(id) AS most FROM read_csv('${files.commas}') GROUP BY 1`),
    reason,
  );
  assert.doesNotMatch(ask(`SELECT 'x' AS filename, k FROM '${parquet}' ORDER BY filename, k LIMIT 3`), reason);
  assert.throws(() => ask(`SELECT filenam FROM '${parquet}'`), { code: 'COLUMN_UNKNOWN' });
});
