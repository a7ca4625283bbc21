import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SheafError } from '../../shared/errors.ts';
import { failsUnoptimised, unoptimised, withoutNulls } from './contradictions.ts';
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

/** In DuckDB 1.5 nulls are equal in the second equality of an ASOF LEFT JOIN. */
function nearestOf(world: World): Case {
  const side = (name: string, key: string): string => {
    for (const file of [0, 1])
      world.reference.execute(`COPY (SELECT i AS n, ${key} AS f, 't' || i % 3 AS t FROM range(${50 * file}, ${50 * file + 50}) r(i))
        TO '${world.directory}/${name}-${file}.parquet' (FORMAT parquet)`);
    return `read_parquet('${world.directory}/${name}-*.parquet')`;
  };
  const [x, y] = [side('x', 'CASE WHEN i % 4 <> 3 THEN i * 6 % 8 END'), side('y', 'nullif(i * 3 % 8, 0)')];
  const sql = `SELECT x.n, y.n AS m FROM ${x} x ASOF LEFT JOIN ${y} y ON x.t = y.t AND x.f = y.f AND x.n >= y.n`;
  return caseOf(sql, []);
}

function topOf(world: World): Case {
  for (const file of [0, 1])
    world.reference.execute(`COPY (SELECT i AS id, CASE WHEN i % 9 = 3 THEN NULL ELSE i END AS k
      FROM range(${100 * file}, ${100 * file + 100}) t(i)) TO '${world.directory}/top-${file}.parquet' (FORMAT parquet)`);
  return caseOf(topOfFullJoin(world.directory), [0, 1]);
}

function caseOf(sql: string, orderedBy: readonly number[]): Case {
  const plan = { kind: 'sql', text: sql } as const;
  const asked = { plan, sql, referenceSql: sql, setup: [] };
  const again = (): typeof asked => asked;
  return { seed: 0, kind: 'sql', ...asked, again, orderedBy, slots: 3, wide: false };
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

test('an answer that DuckDB gives, too, where its ASOF LEFT JOIN meets no nulls is no difference', async () => {
  using world = new World(0, new Coverage());
  const question = nearestOf(world);
  const { difference = '' } = await world.ask(question);
  assert.ok(difference.endsWith(withoutNulls), difference);
  assert.equal(exceptionFor(difference), 'DuckDB takes nulls for equal');
  const { difference: lost = '' } = await world.ask(question, mutations['a lost task']);
  assert.equal(exceptionFor(lost), undefined, lost);
});

test('a subquery of several rows fails in both if it fails in DuckDB without its optimizer', () => {
  using world = new World(0, new Coverage());
  const { reference } = world;
  reference.execute("CREATE TABLE few AS SELECT i AS k, 'g' || i AS g FROM range(50) r(i)");
  const value = '(SELECT s.k FROM few s WHERE s.k < r.k)';
  const some = `SELECT k, g FROM few r WHERE ${value} IS NOT NULL OR g = 'g1'`;
  const sql = `SELECT l.k FROM few l LEFT JOIN (${some}) r ON l.k = r.k WHERE r.g LIKE 'none.*'`;
  assert.deepEqual(reference.rows(sql), []);
  const message =
    'Invalid Input Error: More than one row returned by a subquery used as an expression - scalar subqueries can only return a single row.';
  const error = new SheafError('QUERY_FAILED', message);
  assert.ok(failsUnoptimised(reference, sql, error));
  assert.ok(!failsUnoptimised(reference, 'SELECT k FROM few', error));
  assert.ok(!failsUnoptimised(reference, sql, new SheafError('QUERY_FAILED', 'another')));
});
