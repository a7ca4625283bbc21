import type { Schema as ArrowSchema } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';
import type { FunctionStep } from '../../shared/stage/function-step.ts';
import { createRowBuilder } from '../../shared/types/row-builder.ts';
import { accumulate } from './accumulate.ts';
import { AddedColumn } from './added-column.ts';
import { definitionOf, finished } from './aggregate-definition.ts';
import { BatchResults, recordBatchOf } from './batch-results.ts';
import type { LoadedFunction } from './load-function.ts';
import { filterLoop, flatMapLoop, mapLoop, scalarLoop } from './row-loops.ts';
import { selectRows } from './select-rows.ts';
import type { Place, StepErrors } from './step-errors.ts';
import { type FunctionConfig, prepareRun, type StepRun } from './step-run.ts';

/**
 * A synchronous function over batches, lazily: each output batch is made when it is asked for. `filter` selects rows
 * without reading them, so they keep the input's schema.
 *
 * @returns the batches, and their schema in Arrow
 * @throws SheafError `COLUMN_UNKNOWN`, `NOT_SUPPORTED`, and while iterating `FUNCTION_THREW`, `FUNCTION_RESULT`
 */
export function applyFunction(
  step: FunctionStep,
  loaded: LoadedFunction,
  input: Iterable<Batch>,
  inputSchema: ArrowSchema,
  config: FunctionConfig,
): { readonly schema: ArrowSchema; readonly batches: Iterable<Batch> } {
  const run = prepareRun(step, loaded, inputSchema, config);
  return { schema: run.outputSchema, batches: batchesOf[step.mode](run, input) };
}

const batchesOf: Readonly<Record<FunctionStep['mode'], (run: StepRun, input: Iterable<Batch>) => Iterable<Batch>>> = {
  mapBatches,
  map: mapRows,
  flatMap: mapRows,
  filter: filterRows,
  scalar: scalarRows,
  finish: scalarRows,
  scalarBatches,
  accumulate,
};

/** Rows between looks at whether batches are full. */
const stride = 1024;

/** Where a loop is in its input, for its errors. */
class Cursor {
  place: Place = { batch: { rows: 0, nodes: [], buffers: [] }, number: -1 };
  readonly #errors: StepErrors;

  constructor(errors: StepErrors) {
    this.#errors = errors;
  }

  enter(batch: Batch): void {
    this.place = { batch, number: this.place.number + 1 };
  }

  readonly fail = (thrown: unknown, row: number): never => {
    throw this.#errors.onRow(thrown, this.place, row);
  };
}

function* mapRows(run: StepRun, input: Iterable<Batch>): Generator<Batch> {
  const { step, loaded, inputSchema, outputSchema, errors, config } = run;
  const rows = createRowBuilder(step.schema, outputSchema.fields, config);
  const cursor = new Cursor(errors);
  const makeLoop = step.mode === 'map' ? mapLoop : flatMapLoop;
  const loop = makeLoop({ fields: inputSchema.fields, loaded, fail: cursor.fail }, rows);
  for (const batch of input) {
    cursor.enter(batch);
    loop.bind(batch);
    for (let from = 0; from < batch.rows; from += stride) {
      loop.run(from, Math.min(from + stride, batch.rows));
      yield* rows.take(false);
    }
  }
  yield* rows.take(true);
}

function* filterRows({ loaded, inputSchema: { fields }, errors }: StepRun, input: Iterable<Batch>): Generator<Batch> {
  const selected = { rows: new Int32Array(0), count: 0 };
  const cursor = new Cursor(errors);
  const loop = filterLoop({ fields, loaded, fail: cursor.fail }, selected);
  for (const batch of input) {
    cursor.enter(batch);
    if (selected.rows.length < batch.rows) selected.rows = new Int32Array(batch.rows);
    selected.count = 0;
    loop.bind(batch);
    loop.run(0, batch.rows);
    if (selected.count > 0) yield selectRows(batch, fields, selected);
  }
}

function* mapBatches(run: StepRun, input: Iterable<Batch>): Generator<Batch> {
  const { step, inputSchema, outputSchema, errors, config } = run;
  const { call, ref } = run.loaded;
  const results = new BatchResults(step.schema, outputSchema, config);
  let number = 0;
  for (const batch of input) {
    const place = { batch, number: number++ };
    const made = errors.during(place, () => {
      return results.add(call(recordBatchOf(batch, inputSchema), ref.params));
    });
    yield* errors.duringEach(place, made);
  }
  yield* results.end();
}

/** A value for each row; of `finish`, of the states that came together in it. */
function* scalarRows(run: StepRun, input: Iterable<Batch>): Generator<Batch> {
  const { seenSchema, errors } = run;
  const added = new AddedColumn(run);
  const cursor = new Cursor(errors);
  const loop = scalarLoop({ fields: seenSchema.fields, loaded: valueFunction(run), fail: cursor.fail }, added.builder);
  for (const batch of input) {
    const seen = added.argumentsOf(batch);
    cursor.enter(seen);
    loop.bind(seen);
    loop.run(0, batch.rows);
    yield added.complete(batch);
  }
}

function valueFunction({ step, loaded }: StepRun): LoadedFunction {
  if (step.mode !== 'finish') return loaded;
  const definition = definitionOf(loaded);
  const call = (row: unknown): unknown => finished(definition, (row as { states: string[] | null }).states);
  return { ...loaded, call, reads: null };
}

function* scalarBatches(run: StepRun, input: Iterable<Batch>): Generator<Batch> {
  const { seenSchema, errors } = run;
  const { call, ref } = run.loaded;
  const added = new AddedColumn(run);
  let number = 0;
  for (const batch of input) {
    const seen = added.argumentsOf(batch);
    errors.during({ batch: seen, number: number++ }, () =>
      added.appendAll(call(recordBatchOf(seen, seenSchema), ref.params), batch.rows),
    );
    yield added.complete(batch);
  }
}
