import type { Schema as ArrowSchema } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import { inOrder } from '../../shared/in-order.ts';
import type { FunctionStep } from '../../shared/stage/function-step.ts';
import { createRowBuilder } from '../../shared/types/row-builder.ts';
import { createRowReader } from '../../shared/types/row-reader.ts';
import { AddedColumn } from './added-column.ts';
import { BatchResults, recordBatchOf } from './batch-results.ts';
import type { LoadedFunction } from './load-function.ts';
import { badCondition, rowsOf } from './row-loops.ts';
import { selectRows } from './select-rows.ts';
import type { Place } from './step-errors.ts';
import { type FunctionConfig, prepareRun, type StepRun } from './step-run.ts';

/** Limits of functions that return promises. */
export type AsyncFunctionConfig = FunctionConfig &
  Pick<Config, 'functionRowsConcurrentMax' | 'functionBatchesConcurrentMax'>;

/**
 * A function that returns promises, over batches: a bounded number of calls is under way, results come in the order of
 * the input. The same answer as of a synchronous function, and the same errors; when one call fails, those under way
 * are waited for before the error is thrown.
 */
export function applyAsyncFunction(
  step: FunctionStep,
  loaded: LoadedFunction,
  input: Iterable<Batch>,
  inputSchema: ArrowSchema,
  config: AsyncFunctionConfig,
): { readonly schema: ArrowSchema; readonly batches: AsyncIterable<Batch> } {
  const run = prepareRun(step, loaded, inputSchema, config);
  const batches = {
    mapBatches: () => mapBatches(run, input, config.functionBatchesConcurrentMax),
    map: () => mapRows(run, input, config.functionRowsConcurrentMax),
    flatMap: () => mapRows(run, input, config.functionRowsConcurrentMax),
    filter: () => filterRows(run, input, config.functionRowsConcurrentMax),
    scalar: () => scalarRows(run, input, config.functionRowsConcurrentMax),
    scalarBatches: () => scalarBatches(run, input, config.functionBatchesConcurrentMax),
    accumulate: () => noPromises(step),
    finish: () => noPromises(step),
  }[step.mode]();
  return { schema: run.outputSchema, batches };
}

/** A result of a call with the place of its input. */
interface Result extends Place {
  readonly row: number;
  readonly value: unknown;
}

/** Calls the function on every row. */
function* rowCalls({ loaded, inputSchema, errors }: StepRun, input: Iterable<Batch>): Generator<() => Promise<Result>> {
  const { call, reads, ref } = loaded;
  const rows = createRowReader(inputSchema.fields, reads);
  let number = 0;
  for (const batch of input) {
    const place = { batch, number: number++ };
    rows.bind(batch);
    for (let row = 0; row < batch.rows; row++) {
      const values = rows.row(row);
      yield async () => {
        try {
          return { ...place, row, value: await collected(call(values, ref.params)) };
        } catch (thrown) {
          throw errors.onRow(thrown, place, row);
        }
      };
    }
  }
}

/** What a promise gives; of an async iterable all items, so that the call is over when its result is there. */
async function collected(returned: unknown): Promise<unknown> {
  const value = await returned;
  const isStream = typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
  return isStream ? await Array.fromAsync(value as AsyncIterable<unknown>) : value;
}

async function* mapRows(run: StepRun, input: Iterable<Batch>, concurrent: number): AsyncGenerator<Batch> {
  const { step, outputSchema, errors, config } = run;
  const rows = createRowBuilder(step.schema, outputSchema.fields, config);
  for await (const { value, row, ...place } of inOrder(rowCalls(run, input), concurrent)) {
    try {
      for (const one of step.mode === 'map' ? [value] : rowsOf(value)) rows.append(one);
    } catch (thrown) {
      throw errors.onRow(thrown, place, row);
    }
    yield* rows.take(false);
  }
  yield* rows.take(true);
}

async function* filterRows(run: StepRun, input: Iterable<Batch>, concurrent: number): AsyncGenerator<Batch> {
  const { errors, inputSchema } = run;
  let rows: number[] = [];
  for await (const { value, row, ...place } of inOrder(rowCalls(run, input), concurrent)) {
    if (value === true) rows.push(row);
    else if (value !== false && value !== null) throw errors.onRow(badCondition(value), place, row);
    if (row < place.batch.rows - 1) continue;
    const selection = { rows: Int32Array.from(rows), count: rows.length };
    if (rows.length > 0) yield selectRows(place.batch, inputSchema.fields, selection);
    rows = [];
  }
}

async function* mapBatches(run: StepRun, input: Iterable<Batch>, concurrent: number): AsyncGenerator<Batch> {
  const { step, outputSchema, errors, config } = run;
  const results = new BatchResults(step.schema, outputSchema, config);
  for await (const { value, items, ...place } of inOrder(batchCalls(run, input), concurrent)) {
    yield* errors.duringEach(place, items === null ? results.add(value) : results.addItems(items));
  }
  yield* results.end();
}

interface BatchResult extends Place {
  readonly value: unknown;
  /** What an async generator yielded, part by part. */
  readonly items: readonly unknown[] | null;
}

function* batchCalls(run: StepRun, input: Iterable<Batch>): Generator<() => Promise<BatchResult>> {
  const { inputSchema, errors } = run;
  const { call, ref } = run.loaded;
  let number = 0;
  for (const batch of input) {
    const place = { batch, number: number++ };
    yield async () => {
      try {
        const value = await call(recordBatchOf(batch, inputSchema), ref.params);
        const isStream = typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
        return { ...place, value, items: isStream ? await Array.fromAsync(value as AsyncIterable<unknown>) : null };
      } catch (thrown) {
        throw errors.onBatch(thrown, place);
      }
    };
  }
}

/** The arguments of each batch, with the batch itself beside them. */
function withArguments(
  run: StepRun,
  added: AddedColumn,
): { readonly run: StepRun; readonly of: (batch: Batch) => Batch; readonly whole: WeakMap<Batch, Batch> } {
  const whole = new WeakMap<Batch, Batch>();
  const of = (batch: Batch): Batch => {
    const seen = added.argumentsOf(batch);
    whole.set(seen, batch);
    return seen;
  };
  return { run: { ...run, inputSchema: run.seenSchema }, of, whole };
}

async function* scalarRows(run: StepRun, input: Iterable<Batch>, concurrent: number): AsyncGenerator<Batch> {
  const added = new AddedColumn(run);
  const seen = withArguments(run, added);
  const batches = Iterator.from(input)
    .filter(({ rows }) => rows > 0)
    .map(seen.of);
  for await (const { value, row, ...place } of inOrder(rowCalls(seen.run, batches), concurrent)) {
    try {
      added.builder.append(value);
    } catch (thrown) {
      throw run.errors.onRow(thrown, place, row);
    }
    if (row === place.batch.rows - 1) yield added.complete(seen.whole.get(place.batch) ?? place.batch);
  }
}

async function* scalarBatches(run: StepRun, input: Iterable<Batch>, concurrent: number): AsyncGenerator<Batch> {
  const added = new AddedColumn(run);
  const seen = withArguments(run, added);
  const batches = Iterator.from(input).map(seen.of);
  for await (const { value, items, ...place } of inOrder(batchCalls(seen.run, batches), concurrent)) {
    run.errors.during(place, () => added.appendAll(items ?? value, place.batch.rows));
    yield added.complete(seen.whole.get(place.batch) ?? place.batch);
  }
}

function noPromises({ bundle }: FunctionStep): never {
  throw new SheafError('NOT_SUPPORTED', `The aggregate function ${bundle.name} returns promises`, {
    next: 'Return { init, accumulate, merge, finish } at once, and values from these.',
  });
}
