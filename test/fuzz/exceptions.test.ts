import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unoptimised } from './contradictions.ts';
import { exceptionFor } from './exceptions.ts';
import { type Case, type Mutation, World } from './fuzzer.ts';
import { mutations } from './mutations.ts';
import { Coverage } from './questions/coverage.ts';

/**
 * In DuckDB 1.5 the filter of the top rows takes rows of the left side away before a FULL JOIN, whose others are null.
 */
const topOfFullJoin = (directory: string): string => {
  const table = `read_parquet('${directory}/top-*.parquet')`;
  return `SELECT l.id AS a, r.id AS b FROM ${table} AS l FULL JOIN ${table} AS r ON l.k = r.k ORDER BY a NULLS FIRST, b LIMIT 50`;
};

function topOf(world: World): Case {
  for (const file of [0, 1])
    world.reference.execute(`COPY (SELECT i AS id, CASE WHEN i % 9 = 3 THEN NULL ELSE i END AS k
      FROM range(${100 * file}, ${100 * file + 100}) t(i)) TO '${world.directory}/top-${file}.parquet' (FORMAT parquet)`);
  const sql = topOfFullJoin(world.directory);
  const plan = { kind: 'sql', text: sql } as const;
  const asked = { plan, sql, referenceSql: sql, setup: [] };
  const again = (): typeof asked => asked;
  return { seed: 0, kind: 'sql', ...asked, again, orderedBy: [0, 1], slots: 3, wide: false };
}

const outcomesOf = async (...mutate: readonly (Mutation | undefined)[]): Promise<(string | undefined)[]> => {
  using world = new World(0, new Coverage());
  const question = topOf(world);
  const differences: (string | undefined)[] = [];
  for (const each of mutate) differences.push((await world.ask(question, each)).difference);
  return differences;
};

test('an answer that DuckDB gives, too, without its optimizer is no difference, and the optimizer comes back', async () => {
  const differences = await outcomesOf(undefined, undefined);
  for (const difference of differences) {
    assert.match(difference ?? '', new RegExp(`${unoptimised}$`));
    assert.equal(exceptionFor(difference ?? ''), "DuckDB's optimizer changes its answer");
  }
});

test('a wrong answer is a difference also where the optimizer of DuckDB changes its own', async () => {
  const [difference = ''] = await outcomesOf(mutations['a lost task']);
  assert.notEqual(difference, '');
  assert.equal(exceptionFor(difference), undefined);
});
