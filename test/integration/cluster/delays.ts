import type { Cluster } from '../../../client/index.ts';
import type { Progress } from '../../support/cluster/cluster.ts';
import { duckdbAnswer, flightsFile } from '../../support/duckdb-answer.ts';
import { assertSameRows } from '../../support/same-rows.ts';
import { slowly } from './functions.ts';

type Row = Record<string, unknown>;

const schema = { origin: 'varchar', delay: 'double' } as const;

/** A job of three stages over three million flights, whose first stage takes its time: delays by origin. */
export const delays = (client: Cluster, progress: Progress, ms: number, signal?: AbortSignal): Promise<Row[]> =>
  Array.fromAsync(
    client.read
      .parquet(flightsFile)
      .select('origin', 'delay')
      .withColumns({ delay: 'delay::double' })
      .mapBatches((batch, params) => slowly(batch, params), { schema, params: { ms } })
      .groupBy('origin')
      .agg({ delay: 'sum(delay)' })
      .orderBy('origin')
      .rows({ onProgress: progress.onProgress, ...(signal ? { signal } : {}) }),
  );

let expected: Row[] | undefined;

/** Waits for the rows and compares them with DuckDB's own. */
export async function checkDelays(rows: Promise<Row[]>): Promise<void> {
  expected ??= duckdbAnswer(
    `SELECT origin, sum(delay)::double AS delay FROM '${flightsFile}' GROUP BY origin ORDER BY origin`,
  );
  assertSameRows(await rows, expected, true, 'delays');
}
