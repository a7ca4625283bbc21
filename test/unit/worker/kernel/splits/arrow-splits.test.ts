import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Connection } from '../../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../../shared/duckdb/database.ts';
import { writeArrowFile } from '../../../../../worker/kernel/splits/arrow-file.ts';
import { readArrowSplits } from '../../../../../worker/kernel/splits/arrow-splits.ts';
import { folder } from '../../../../support/exchange/exchange.ts';

test('of an Arrow file only the columns of the input are there, in its order: SQL says SELECT *', async () => {
  using root = folder();
  using database = Database.open({ memoryLimitBytes: 2 ** 27, tempDirectory: root.path, maxTempBytes: 2 ** 20 });
  using connection = Connection.open(database.address);
  const path = join(root.path, 'rows.arrow');
  {
    using query = connection.query(
      `SELECT i::INTEGER AS a, i % 2 = 0 AS b, {'x': i, 'y': 'v' || i} AS c FROM range(3) t(i)`,
    );
    writeArrowFile(path, query.schema, query);
  }
  const file = { path, sizeBytes: 0, modifiedMs: 0 };
  const schema = [
    { name: 'c', type: 'STRUCT(x BIGINT, y VARCHAR)' },
    { name: 'a', type: 'INTEGER' },
  ];
  const input = await readArrowSplits([{ kind: 'arrow', file, firstBatch: 0, batches: 1 }], schema);
  connection.execute('CREATE TABLE copy AS SELECT * FROM rows_in', { inputs: { rows_in: input } });
  assert.deepEqual(connection.rows('FROM copy WHERE a > 1'), [{ c: { x: 2, y: 'v2' }, a: 2 }]);
});
