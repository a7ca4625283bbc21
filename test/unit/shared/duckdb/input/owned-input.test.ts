import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Field, Int64, Schema } from 'apache-arrow';
import type { Batch } from '../../../../../shared/arrow/batch.ts';
import { bufferPool } from '../../../../../shared/arrow/buffer-pool.ts';
import { Connection } from '../../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../../shared/duckdb/database.ts';
import { createRowReader } from '../../../../../shared/types/row-reader.ts';

const batchRows = 10_000;
const batches = 40;

/** Batches of one column whose memory is used again and again: values 0 to 399,999 in a scattered order. */
function* scattered(taken: Set<ArrayBuffer>): Generator<Batch> {
  for (let batch = 0; batch < batches; batch++) {
    const buffer = bufferPool.take(8 * batchRows);
    taken.add(buffer);
    const values = new BigInt64Array(buffer, 0, batchRows);
    const total = batches * batchRows;
    for (let row = 0; row < batchRows; row++) values[row] = BigInt(((batch * batchRows + row) * 7919) % total);
    yield {
      rows: batchRows,
      nodes: [{ length: batchRows, nullCount: 0 }],
      buffers: [new Uint8Array(), new Uint8Array(buffer, 0, 8 * batchRows)],
    };
  }
}

test('the memory of an owned input is used again while the query goes on, and no row changes by it', () => {
  using database = Database.open({ memoryLimitBytes: 2 ** 29, tempDirectory: '/nonexistent' });
  using connection = Connection.open(database.address);
  const taken = new Set<ArrayBuffer>();
  const schema = new Schema([new Field('v', new Int64(), false)]);
  const given = { schema, open: () => scattered(taken), owned: true };
  const total = batches * batchRows;
  const one = (sql: string): number => {
    using query = connection.query(sql, { inputs: { given } });
    const reader = createRowReader(query.schema.fields);
    const [batch] = [...query];
    if (!batch) return assert.fail('one row');
    reader.bind(batch);
    return Number(Object.values(reader.row(0))[0]);
  };
  assert.equal(one('SELECT count(DISTINCT v) FROM given'), total);
  assert.equal(
    one('SELECT count(*) FROM (SELECT v, row_number() OVER (ORDER BY v) - 1 AS i FROM given) WHERE v = i'),
    total,
  );
  assert.equal(one('SELECT count(*) FROM given AS a JOIN given AS b ON a.v = b.v'), total);
  assert.equal(
    one('WITH t AS MATERIALIZED (FROM given) SELECT count(*) FROM t AS a JOIN t AS b ON a.v + 1 = b.v'),
    total - 1,
  );
  assert.equal(one('SELECT sum(v)::BIGINT FROM given UNION ALL SELECT 0 ORDER BY 1 DESC'), (total * (total - 1)) / 2);
  assert.ok(taken.size < 3 * batches, `${taken.size} buffers for ${7 * batches} batches`);
});
