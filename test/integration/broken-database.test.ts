import assert from 'node:assert/strict';
import { test } from 'node:test';
import { local } from '../../client/index.ts';

/** DuckDB 1.5 takes rows of INTEGER for rows of BIGINT here, notices, and gives its whole database up. */
const breaking = '(1, 2) >= ALL (SELECT 1::BIGINT, 2::BIGINT)';

test('a question that breaks DuckDB fails alone: the next ones find a new database', async () => {
  await using cluster = await local({ workers: 1, threads: 2 });
  const pairs = cluster.from([{ k: 1, n: 2 }], { schema: { k: 'integer', n: 'integer' } });
  const wide = cluster.from([{ a: 1n, b: 2n }], { schema: { a: 'bigint', b: 'bigint' } });
  const questions = {
    'on a worker': () => cluster.sql`select * from ${pairs} p where (p.k, p.n) >= ALL (select a, b from ${wide})`,
    'as it is planned': () => cluster.sql(`select * from range(3) where ${breaking}`),
  };
  for (const [where, question] of Object.entries(questions)) {
    for (let time = 0; time < 2; time++) {
      await assert.rejects(Array.fromAsync(question().rows()), (error: Error & { code: string }) => {
        assert.equal(error.code, 'INTERNAL', `${where}: ${error.message}`);
        assert.match(error.message, /^INTERNAL Error: Expected unified vector format[^\n]*$/);
        return true;
      });
      assert.deepEqual(
        await Array.fromAsync(cluster.sql`select k + n as sum from ${pairs}`.rows()),
        [{ sum: 3 }],
        where,
      );
    }
  }
});
