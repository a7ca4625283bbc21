/** Functions that tests send to workers. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { RecordBatch } from 'apache-arrow';

/** Takes its time over every batch, and changes nothing. */
export function slowly(batch: RecordBatch, { ms }: { readonly ms: number }): RecordBatch {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return batch;
}

/** The rows with a greater delay. */
export function laterThan(batch: RecordBatch, { minutes }: { readonly minutes: number }) {
  const rows: { origin: string; destination: string; delay: bigint }[] = [];
  const [origins, destinations, delays] = ['origin', 'destination', 'delay'].map((name) => batch.getChild(name));
  for (let i = 0; i < batch.numRows; i++) {
    const delay = delays?.get(i);
    if (delay > minutes) rows.push({ origin: origins?.get(i), destination: destinations?.get(i), delay });
  }
  return rows;
}

const nap = new Int32Array(new SharedArrayBuffer(4));

/** Kills the process that runs it. */
export function killing<Row>(row: Row): Row {
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(nap, 0, 0, 10_000);
  return row;
}

/** Never comes back. */
export function looping(): never {
  for (;;) Atomics.load(nap, 0);
}

export function exiting(): never {
  process.exit(3);
}

/** Leaves a promise behind that nobody handles. */
export function rejecting<Row>(row: Row): Row {
  void Promise.reject(new Error('a promise that nobody handles'));
  return row;
}

/** Throws where no caller can catch it, and waits for that. */
export async function throwingLater<Row>(row: Row): Promise<Row> {
  setTimeout(() => {
    throw new Error('out of the blue');
  });
  await new Promise((resolve) => setTimeout(resolve, 5000));
  return row;
}

/** Fills V8's heap. */
export function hoarding<Row>(row: Row): Row {
  const hoard: unknown[] = [];
  for (;;) hoard.push(Array.from({ length: 1000 }, (_, n) => ({ n, row })));
}

/** Throws on one row of many. */
export function refusing<Row extends { readonly n: number | null }>(row: Row): Row {
  if (row.n === 777) throw new RangeError(`cannot take ${row.n}`);
  return row;
}

/** Changes nothing. */
export function plain<Row>(row: Row): Row {
  return row;
}

/** Stays in native code, where nothing stops a thread. */
export function sleeping(batch: RecordBatch, { marker }: { readonly marker: string }): RecordBatch {
  writeFileSync(marker, '');
  execFileSync('sleep', ['60']);
  return batch;
}
