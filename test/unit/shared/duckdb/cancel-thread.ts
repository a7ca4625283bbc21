import { parentPort, workerData } from 'node:worker_threads';
import { CancelTarget } from '../../../../shared/duckdb/cancel.ts';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { SheafError } from '../../../../shared/errors.ts';

/** Runs a query per message `{ task, sql, inner }` and answers with the code of its error, or `done`. */
using connection = Connection.open(workerData as bigint);
using inner = Connection.open(workerData as bigint);
const target = new CancelTarget();
using _outerWatch = target.watch(connection);
using _innerWatch = target.watch(inner);
parentPort?.postMessage(target.shared);

interface Task {
  readonly task: number;
  readonly sql: string;
  readonly inner: string;
}

function run({ task, sql, inner: innerSql }: Task): string {
  try {
    target.begin(task);
    using query = inner.query(innerSql);
    const inputs = { source: { schema: query.schema, open: () => query[Symbol.iterator]() } };
    parentPort?.postMessage('started');
    connection.execute(sql, { inputs });
    return 'done';
  } catch (error) {
    return SheafError.from(error).code;
  } finally {
    target.end();
  }
}

await new Promise<void>((resolve) => {
  parentPort?.on('message', (message: Task | 'close') => {
    if (message === 'close') {
      parentPort?.close();
      resolve();
    } else parentPort?.postMessage(run(message));
  });
});
