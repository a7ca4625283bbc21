import { parentPort, workerData } from 'node:worker_threads';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { SheafError } from '../../../../shared/errors.ts';
import { AttemptWatch } from '../../../../worker/pool/cancellation.ts';

/** Runs an attempt per message: a query that reads another one. Answers with the code of its error, or `done`. */
interface Attempt {
  readonly cancellation: SharedArrayBuffer;
  readonly sql: string;
  readonly inner: string;
}

function run({ cancellation, sql, inner }: Attempt): string {
  const watch = new AttemptWatch(cancellation);
  try {
    using outer = Connection.open(workerData as bigint);
    using _outer = watch.opened(outer.address);
    using other = Connection.open(workerData as bigint);
    using _other = watch.opened(other.address);
    using query = other.query(inner);
    const inputs = { source: { schema: query.schema, open: () => query[Symbol.iterator]() } };
    parentPort?.postMessage('started');
    outer.execute(sql, { inputs });
    return 'done';
  } catch (error) {
    return SheafError.from(error).code;
  }
}

parentPort?.on('message', (message: Attempt | 'close') => {
  if (message === 'close') parentPort?.close();
  else parentPort?.postMessage(run(message));
});
