import { parentPort, workerData } from 'node:worker_threads';
import { type Batch, batchBytes } from '../../shared/arrow/batch.ts';
import { Connection } from '../../shared/duckdb/connection.ts';
import type { Input } from '../../shared/duckdb/input/input.ts';
import { everyTypeSql } from '../unit/shared/duckdb/every-type.ts';

/** One pool thread: sends rows of every type out and in, again and again, and posts the hash of what it saw. */
const { database, rounds } = workerData as { database: bigint; rounds: number };
using connection = Connection.open(database);
using other = Connection.open(database);

function round(number: number): { hash: string; bytes: number } {
  using source = other.query(everyTypeSql(2500, number * 2500));
  let bytes = 0;
  const given: Input = {
    schema: source.schema,
    *open(): Generator<Batch> {
      for (const batch of source) {
        bytes += batchBytes(batch);
        yield batch;
      }
    },
  };
  connection.execute('CREATE OR REPLACE TEMP TABLE seen AS FROM given', { inputs: { given } });
  const [row] = connection.rows('SELECT bit_xor(hash(seen))::VARCHAR AS h FROM seen');
  return { hash: String(row?.h), bytes };
}

const seen = Array.from({ length: rounds }, (_, number) => round(number).hash);
parentPort?.postMessage(seen);
