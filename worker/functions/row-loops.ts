import type { Field } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';
import { BadValue, type ColumnBuilder } from '../../shared/types/builders/column-builder.ts';
import { viewsOfBatch } from '../../shared/types/column-view.ts';
import type { RowBuilder } from '../../shared/types/row-builder.ts';
import { bindReaders, rowSource } from '../../shared/types/row-reader.ts';
import type { LoadedFunction } from './load-function.ts';

/** Calls a row function on the rows of batches. */
export interface RowLoop {
  bind(batch: Batch): void;
  /** Calls the function on rows `[from, to)` of the bound batch. */
  run(from: number, to: number): void;
}

/** What a loop calls, and on which columns. */
export interface LoopInput {
  readonly fields: readonly Field[];
  readonly loaded: LoadedFunction;
  /** Must throw. Called for what the function throws and for a result that is not taken. */
  readonly fail: (thrown: unknown, row: number) => never;
}

/** `map`: each result is one row. */
export const mapLoop = (input: LoopInput, rows: RowBuilder): RowLoop =>
  generateLoop(input, 'rows.append(call(ROW, params));', { rows });

/** A value for each row. */
export const scalarLoop = (input: LoopInput, values: ColumnBuilder): RowLoop =>
  generateLoop(input, 'values.append(call(ROW, params));', { values });

/** `flatMap`: each result is any number of rows. */
export const flatMapLoop = (input: LoopInput, rows: RowBuilder): RowLoop =>
  generateLoop(
    input,
    `const many = call(ROW, params);
     if (Array.isArray(many)) for (let k = 0; k < many.length; k++) rows.append(many[k]);
     else for (const one of rowsOf(many)) rows.append(one);`,
    { rows, rowsOf },
  );

/** `filter`: the numbers of the rows for which the function returns true go to `selected.rows`. */
export const filterLoop = (input: LoopInput, selected: { rows: Int32Array; count: number }): RowLoop =>
  generateLoop(
    input,
    `const keep = call(ROW, params);
     if (keep === true) selected.rows[selected.count++] = i;
     else if (keep !== false && keep !== null) throw badCondition(keep);`,
    { selected, badCondition },
  );

/** The rows of what `flatMap` returned. */
export function rowsOf(many: unknown): Iterable<unknown> {
  if (typeof many === 'object' && many !== null && Symbol.iterator in many) return many as Iterable<unknown>;
  throw new BadValue('', 'an array or another iterable of rows', many);
}

/** The error for a filter's result that is no condition. */
export const badCondition = (keep: unknown): BadValue => new BadValue('', 'true, false or null', keep);

/**
 * A loop of its own for each step: V8 then sees one function being called and one shape of rows, inlines the function
 * and needs no row objects where the function keeps none.
 */
function generateLoop(
  { fields, loaded, fail }: LoopInput,
  body: string,
  names: Readonly<Record<string, unknown>>,
): RowLoop {
  const source = rowSource(fields, loaded.reads);
  const text = `${source.declare}
    return {
      bind() { ${source.bind} },
      run(from, to) {
        let i = from;
        try {
          for (; i < to; i++) { ${body.replace('ROW', () => source.row)} }
        } catch (thrown) { fail(thrown, i); }
      },
    };`;
  const given = { readers: source.readers, call: loaded.call, params: loaded.ref.params, fail, ...names };
  const loop = new Function(...Object.keys(given), text)(...Object.values(given)) as {
    bind(): void;
    run: RowLoop['run'];
  };
  return {
    bind(batch) {
      bindReaders(source, viewsOfBatch(batch, fields));
      loop.bind();
    },
    run: loop.run,
  };
}
