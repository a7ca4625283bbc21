import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Field, Int64, Schema } from 'apache-arrow';
import type { Batch } from '../../../shared/arrow/batch.ts';
import { encodeSchema } from '../../../shared/arrow/ipc.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import type { FileOwner } from '../../../shared/exchange/layout.ts';
import { ExchangeReader } from '../../../shared/exchange/reader.ts';
import { ExchangeWriter } from '../../../shared/exchange/writer.ts';
import { jobId, stageId } from '../../../shared/ids.ts';

export const limits = loadConfig();
export const job = jobId('job-1');
export const schema = Uint8Array.from(encodeSchema(new Schema([new Field('value', new Int64(), true)])));

export const attempt = (task = 0, stage = 0, number = 0): FileOwner => ({
  kind: 'attempt',
  key: { job, stage: stageId(stage), task, attempt: number },
});

/** A folder that goes with its scope. */
export function folder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'sheaf-exchange-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** One column of 64-bit integers. */
export function batchOf(values: readonly number[]): Batch {
  const column = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  const nodes = [{ length: values.length, nullCount: 0 }];
  return { rows: values.length, nodes, buffers: [new Uint8Array(), column] };
}

export const valuesOf = (batch: Batch): number[] => {
  const column = Uint8Array.from(batch.buffers[1] ?? []);
  return Array.from(new BigInt64Array(column.buffer, 0, batch.rows), Number);
};

/** Writes an exchange file of one attempt. */
export function writeFile(root: string, partitions: number, writes: readonly [number, readonly number[]][], over = {}) {
  using writer = new ExchangeWriter({ root, owner: attempt(), partitions, schema, limits: { ...limits, ...over } });
  for (const [partition, values] of writes) writer.write(partition, batchOf(values));
  return { path: writer.path, sizes: writer.commit() };
}

/** Everything in a file: per partition, its batches' values. */
export function readFile(path: string): number[][][] {
  using reader = new ExchangeReader(path);
  return Array.from({ length: reader.partitions }, (_, partition) => Array.from(reader.batches(partition), valuesOf));
}
