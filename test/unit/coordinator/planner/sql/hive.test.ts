/** Columns that directories give: DuckDB's answers. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

function partition(folder: string, values: readonly string[], ending: string): string {
  for (const value of values) {
    mkdirSync(bench.path(`${folder}/k=${value}`), { recursive: true });
    bench.file(`${folder}/k=${value}/a.${ending}`, `SELECT i, 'v${value}' || i AS s FROM range(3000) t(i)`);
  }
  return bench.path(`${folder}/*/*.${ending}`);
}

function check(text: string): string {
  const { connection, directory } = bench;
  const staged = bench.plan({ kind: 'sql', text });
  const rows = connection.rows(`FROM ${runLocally(staged, connection, { directory })}`);
  assert.deepEqual(rows, connection.rows(text), text);
  return JSON.stringify(staged);
}

const questions = (files: string): string[] => [
  `SELECT k, typeof(k) AS t, count(*) AS n, min(s) AS s FROM '${files}' GROUP BY ALL ORDER BY ALL`,
  `SELECT * FROM '${files}' WHERE i < 2 ORDER BY ALL`,
  `SELECT count(k) AS n, min(k) AS a, max(k) AS b FROM '${files}'`,
  `SELECT i, k FROM '${files}' WHERE k IS NULL AND i < 3 ORDER BY i`,
];

const folders: Readonly<Record<string, readonly string[]>> = {
  numbers: ['1', '2'],
  mixed: ['1', 'abc'],
  zeros: ['01', '02', 'x'],
  days: ['2024-01-01', '2024-01-02', '__HIVE_DEFAULT_PARTITION__'],
  times: ['2024-01-01', '2024-01-02 10:30:00'],
};

for (const ending of ['parquet', 'csv']) {
  test(`directories of ${ending} files give columns, of the type that all of their values have`, () => {
    for (const [name, values] of Object.entries(folders))
      for (const text of questions(partition(`${ending}-${name}`, values, ending))) check(text);
  });
}
