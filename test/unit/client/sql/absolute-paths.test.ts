import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { withAbsolutePaths, withAbsoluteValues } from '../../../../client/sql/absolute-paths.ts';
import { tokenize } from '../../../../shared/sql/tokens.ts';

const cases: readonly (readonly [string, string])[] = [
  ["select * from 'a.parquet'", "select * from '/w/a.parquet'"],
  ["FROM 'x/*.csv.gz' JOIN\n'../b.ndjson' USING (id)", "FROM '/w/x/*.csv.gz' JOIN\n'/b.ndjson' USING (id)"],
  ["from 'it''s.csv'", "from '/w/it''s.csv'"],
  ["from /* 'no.csv' */ 'a.csv' -- 'b.csv'", "from /* 'no.csv' */ '/w/a.csv' -- 'b.csv'"],
  ["from read_csv('a.txt', delim=';', nullstr='b.csv')", "from read_csv('/w/a.txt', delim=';', nullstr='b.csv')"],
  ["from read_parquet(['a', 'b'], x=['c'])", "from read_parquet(['/w/a', '/w/b'], x=['c'])"],
  ["select extract(year from '2001-01-01'), 'from a.csv'", "select extract(year from '2001-01-01'), 'from a.csv'"],
  ["select trim(both 'x' from 'abc') where y in ('a.csv')", "select trim(both 'x' from 'abc') where y in ('a.csv')"],
  ["pivot 'a.csv' on x in ('b.csv')", "pivot '/w/a.csv' on x in ('b.csv')"],
  ["Summarize 'a.csv'; unpivot 'b.csv' on *", "Summarize '/w/a.csv'; unpivot '/w/b.csv' on *"],
  [
    "from 'a.csv' a, 'b.csv', (from 'c.csv', 'd.csv') c",
    "from '/w/a.csv' a, '/w/b.csv', (from '/w/c.csv', '/w/d.csv') c",
  ],
  [
    "from ('a.csv' a join 'b.csv' b on a.f in ('c.csv', 'd.csv')), 'e.csv'",
    "from ('/w/a.csv' a join '/w/b.csv' b on a.f in ('c.csv', 'd.csv')), '/w/e.csv'",
  ],
  ["from 'a.csv' where f = 'b.csv' group by 1, 'c.csv'", "from '/w/a.csv' where f = 'b.csv' group by 1, 'c.csv'"],
  ["from 'a.csv' select x, 'b.csv', [1, 'c.csv']", "from '/w/a.csv' select x, 'b.csv', [1, 'c.csv']"],
  ["select 'a.csv', (select 1 from 'b.csv'), 'c.csv'", "select 'a.csv', (select 1 from '/w/b.csv'), 'c.csv'"],
  ["from (values ('a.csv'), ('b.csv')) t, 'c.csv'", "from (values ('a.csv'), ('b.csv')) t, '/w/c.csv'"],
  ["from glob('a/**'), parquet_file_metadata('b')", "from glob('/w/a/**'), parquet_file_metadata('/w/b')"],
  ['select "from" \'a.csv\'', 'select "from" \'a.csv\''],
  [
    "select $$ from 'a.csv' $$, e'\\' from ' from '/abs.csv'",
    "select $$ from 'a.csv' $$, e'\\' from ' from '/abs.csv'",
  ],
];

test('files become absolute, other text stays as it is', () => {
  for (const [sql, expected] of cases) assert.equal(withAbsolutePaths(sql, '/w').text, expected);
});

test('tokens joined are the text again, whatever it is', () => {
  const pieces = fc.constantFrom(
    "'",
    '"',
    '$',
    '$a$',
    '--',
    '/*',
    '*/',
    '\n',
    'from',
    ' ',
    'x',
    '\\',
    "e'",
    '\u{1f600}',
  );
  fc.assert(
    fc.property(fc.string({ unit: pieces }), (sql) => {
      const tokens = tokenize(sql).map((token) => token.sql);
      assert.equal(tokens.join(''), sql);
      assert.ok(tokens.every((token) => token !== ''));
    }),
  );
});

test('so do values that name files, and nothing else', () => {
  const valuesOf = (sql: string, ...names: string[]): string[] =>
    withAbsoluteValues(
      sql,
      names.map((name) => ({ name, sql: "'a.csv'" })),
      '/w',
    ).parameters.map((parameter) => parameter.sql);
  assert.deepEqual(valuesOf('from read_csv($1) where s = $2', '1', '2'), ["'/w/a.csv'", "'a.csv'"]);
  assert.deepEqual(valuesOf('select ? from read_parquet([?, ?])', '1', '2', '3'), [
    "'a.csv'",
    "'/w/a.csv'",
    "'/w/a.csv'",
  ]);
  assert.deepEqual(valuesOf('from read_csv($File, delim = $d)', 'file', 'd'), ["'/w/a.csv'", "'a.csv'"]);
  assert.deepEqual(valuesOf('select $f from read_csv($f)', 'f'), ["'a.csv'"]);
});

test('a literal, a name or a comment may be as long as it likes', () => {
  const long = 'x'.repeat(40_000_000);
  for (const sql of [`select '${long}'`, `select e'${long}'`, `select 1 as "${long}"`, `select 1 -- ${long}`])
    assert.ok(withAbsolutePaths(sql, '/w').text === sql, sql.slice(0, 20));
});
