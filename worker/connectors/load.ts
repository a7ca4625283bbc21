import { randomBytes } from 'node:crypto';
import { type ConnectorPlace, connectorError } from '../../connectors/connector-error.ts';
import { collectSink, sinkConnector } from '../../connectors/registry.ts';
import type { Batch } from '../../shared/arrow/batch.ts';
import { assert, SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { LoadReceipt } from '../../shared/plan/nodes/load.ts';
import { type LoadStep, receiptSchema } from '../../shared/stage/load-step.ts';
import { toArrowSchema } from '../../shared/types/arrow-schema.ts';
import { createRowBuilder } from '../../shared/types/row-builder.ts';
import { createRowReader } from '../../shared/types/row-reader.ts';
import type { TaskContext } from '../kernel/context.ts';
import type { Relation } from '../kernel/relation.ts';
import { querySql } from '../kernel/sql-step.ts';
import type { ConnectorServices } from './services.ts';

/**
 * Drains the step before it into a sink, which pulls batches as it writes them, and yields the receipt.
 *
 * @throws SheafError of the sink, with its name and the output; `CANCELLED`
 */
export async function loadRows(step: LoadStep, previous: Relation, context: TaskContext): Promise<Relation> {
  const place: ConnectorPlace = { use: 'sink', connector: step.sink.connector, output: step.output };
  try {
    const isCollected = step.sink.connector === collectSink;
    const receipt = isCollected ? collect(step, previous, context) : await write(step, previous, context);
    if (context.services !== undefined) context.services.loaded = receipt;
    return receiptRow(step, receipt, context);
  } catch (thrown) {
    if (thrown instanceof SheafError && (thrown.code === 'CANCELLED' || thrown.code === 'FETCH_FAILED')) throw thrown;
    throw isFromInput(thrown) ? thrown : connectorError(thrown, place);
  }
}

async function write(step: LoadStep, previous: Relation, context: TaskContext): Promise<LoadReceipt> {
  const { sink, run, pipeline, output, schema, alone } = step;
  const { services, inputs } = context;
  assert(services !== undefined, 'a task that loads has services');
  const connector = await sinkConnector(sink.connector);
  const options = connector.parse(services.secrets.resolve(sink.options));
  const taken = { all: false };
  const batches = pulled(previous.batches, services, taken);
  const place = { run, pipeline, output, schema, alone, prepared: sink.prepared };
  const write = connector.write(
    options,
    { schema: previous.schema, batches },
    { ...services.context, ...place, attempt: attemptOf(context), directory: inputs.directory },
  );
  const receipt = await services.settled(write);
  if (!taken.all)
    throw new SheafError('SINK_FAILED', 'The sink ended before it had taken all rows', {
      next: 'Correct the connector: its `write` reads all batches before it returns.',
    });
  return receipt;
}

/** A job that another leader runs again counts its attempts anew: hence the chance in the name. */
const attemptOf = ({ task }: TaskContext): string => {
  const { job, stage, task: number, attempt } = task.key;
  return `${[job, stage, number, attempt].join('-').slice(0, 33)}-${randomBytes(3).toString('hex')}`;
};

/** Errors of what was to be written: not the sink's. */
const fromInput = new WeakSet<object>();

const isFromInput = (thrown: unknown): boolean =>
  typeof thrown === 'object' && thrown !== null && fromInput.has(thrown);

/** The rows on their way to the sink. Once the attempt is over nothing is pulled any more. */
function* pulled(batches: Iterable<Batch>, services: ConnectorServices, taken: { all: boolean }): Generator<Batch> {
  const iterator = batches[Symbol.iterator]();
  for (;;) {
    services.check();
    const next = fetched(iterator);
    if (next.done) break;
    yield next.value;
  }
  taken.all = true;
}

function fetched(iterator: Iterator<Batch>): IteratorResult<Batch> {
  try {
    return iterator.next();
  } catch (thrown) {
    if (typeof thrown === 'object' && thrown !== null) fromInput.add(thrown);
    throw thrown;
  }
}

/** The rows themselves, as DuckDB's `to_json` writes them. */
function collect({ output }: LoadStep, previous: Relation, context: TaskContext): LoadReceipt {
  const { collectRowsMax } = context.thread.config;
  const { schema, batches } = querySql('SELECT to_json(previous)::VARCHAR AS row FROM previous', previous, context);
  const reader = createRowReader(schema.fields);
  const rows: Json[] = [];
  let bytes = 0;
  for (const batch of batches) {
    reader.bind(batch);
    if (rows.length + batch.rows > collectRowsMax) throw tooMany(output, collectRowsMax);
    for (let row = 0; row < batch.rows; row++) {
      const text = String((reader.row(row) as { readonly row: unknown }).row);
      bytes += text.length;
      rows.push(JSON.parse(text) as Json);
    }
  }
  return { rows: rows.length, bytes, detail: { rows } };
}

const tooMany = (output: string, rowsMax: number): SheafError =>
  new SheafError('QUOTA_EXCEEDED', `A task has more than ${rowsMax} rows for ${output}, which collects them`, {
    next: 'Load them into another sink, or raise collectRowsMax.',
  });

function receiptRow({ output }: LoadStep, receipt: LoadReceipt, { task, thread }: TaskContext): Relation {
  const { rows, bytes, detail } = receipt;
  const text = JSON.stringify({ rows, bytes, detail });
  const { receiptBytesMax } = thread.config;
  if (text.length > receiptBytesMax) {
    throw new SheafError('QUOTA_EXCEEDED', `A receipt has ${text.length} bytes; the limit is ${receiptBytesMax}`, {
      next: 'Load fewer rows in one task, or raise receiptBytesMax.',
    });
  }
  const schema = toArrowSchema(receiptSchema);
  const builder = createRowBuilder(receiptSchema, schema.fields, thread.config);
  builder.append({ output, task: task.key.task, receipt: text });
  return { schema, batches: builder.take(true) };
}
