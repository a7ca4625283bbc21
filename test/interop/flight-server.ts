/**
 * An exchange for other Flight clients to read: three tasks' files of several batches each, served as a worker serves
 * them. Prints one line of JSON: the address, tickets in hex (of partition 1, and of partition 0,
 * which is empty), and what a reader must find.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bool, Field, Float64, List, type RecordBatch, Table, Utf8, vectorFromArray } from 'apache-arrow';
import { fromRecordBatch } from '../../shared/arrow/from-record-batch.ts';
import { encodeSchema } from '../../shared/arrow/ipc.ts';
import { loadConfig } from '../../shared/config/config.ts';
import { ExchangeWriter } from '../../shared/exchange/writer.ts';
import { startFlightServer } from '../../shared/flight/server.ts';
import { FileSource } from '../../shared/flight/source.ts';
import { encodeTicket } from '../../shared/flight/ticket.ts';
import { jobId, stageId } from '../../shared/ids.ts';
import { version } from '../../shared/version.ts';

const config = loadConfig();
const job = jobId('job-interop');
const root = mkdtempSync(join(tmpdir(), 'sheaf-interop-'));
const tasks = [0, 1, 2];
const rowsPerBatch = 1000;

function sample(from: number): RecordBatch {
  const at = Array.from({ length: rowsPerBatch }, (_, row) => from + row);
  const list = new List(new Field('item', new Float64(), true));
  const table = new Table({
    id: vectorFromArray(BigInt64Array.from(at, BigInt)),
    name: vectorFromArray(
      at.map((id) => (id % 7 === 0 ? null : `naïve ✈ ${id}`)),
      new Utf8(),
    ),
    even: vectorFromArray(
      at.map((id) => id % 2 === 0),
      new Bool(),
    ),
    points: vectorFromArray(
      at.map((id) => (id % 5 === 0 ? null : [id / 2, null, -id])),
      list,
    ),
  });
  const [batch] = table.batches;
  if (batch === undefined) throw new Error('A table of rows has a batch');
  return batch;
}

for (const task of tasks) {
  const batches = [0, 1].map((number) => sample((task * 2 + number) * rowsPerBatch));
  const schema = encodeSchema((batches[0] as RecordBatch).schema);
  const key = { job, stage: stageId(0), task, attempt: 0 };
  using writer = new ExchangeWriter({ root, owner: { kind: 'attempt', key }, partitions: 2, schema, limits: config });
  for (const batch of batches) writer.write(1, fromRecordBatch(batch));
  writer.commit();
}

const ticketOf = (partition: number): string => {
  const parts = tasks.map((task) => ({ stage: 0, task, attempt: 0, partition }));
  return encodeTicket({ kind: 'parts', job, parts }).toString('hex');
};
const server = await startFlightServer({ source: new FileSource(root, 16), config, token: process.argv[2] });
const found = { ticket: ticketOf(1), empty: ticketOf(0), rows: 6 * rowsPerBatch, rowsPerBatch, version };
process.stdout.write(`${JSON.stringify({ address: server.address, ...found })}\n`);
process.stdin.resume().on('end', () => {
  rmSync(root, { recursive: true });
  process.exit();
});
