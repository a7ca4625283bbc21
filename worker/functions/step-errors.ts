import type { Field } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';
import type { SheafError } from '../../shared/errors.ts';
import type { FunctionRef } from '../../shared/stage/function-step.ts';
import { BadValue } from '../../shared/types/builders/column-builder.ts';
import { createRowReader } from '../../shared/types/row-reader.ts';
import { valueKindOf } from '../../shared/types/value-kind.ts';
import { rowText, threw, wrongResult } from './function-errors.ts';

/** A batch of a step's input, counted from 0. */
export interface Place {
  readonly batch: Batch;
  readonly number: number;
}

/** Tells the errors of a step's function with their place in its input; stage and partition are the caller's to add. */
export class StepErrors {
  readonly #ref: FunctionRef;
  readonly #fields: readonly Field[];
  readonly #charsMax: number;

  /** @param charsMax of a row's values */
  constructor(ref: FunctionRef, fields: readonly Field[], charsMax: number) {
    this.#ref = ref;
    this.#fields = fields;
    this.#charsMax = charsMax;
  }

  /** What a row function threw on a row, or returned for it. */
  onRow(thrown: unknown, { batch, number }: Place, row: number): SheafError {
    const details = { batch: number, row, values: this.#values(batch, row) };
    return this.#tell(thrown, `for row ${row} of batch ${number}`, details);
  }

  /** What a batch function threw on a batch, or returned for it. */
  onBatch(thrown: unknown, { batch, number }: Place): SheafError {
    const firstRow = batch.rows === 0 ? '' : this.#values(batch, 0);
    return this.#tell(thrown, `for batch ${number} of ${batch.rows} rows`, { batch: number, firstRow });
  }

  /** Runs a part of a batch function. */
  during<T>(place: Place, work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw this.onBatch(thrown, place);
    }
  }

  /** What a batch function's result yields: a lazy one runs more of the function while it is read. */
  *duringEach<T>(place: Place, result: Iterator<T>): Generator<T> {
    const next = (): IteratorResult<T> => this.during(place, () => result.next());
    for (let item = next(); !item.done; item = next()) yield item.value;
  }

  #tell(thrown: unknown, where: string, details: Readonly<Record<string, string | number>>): SheafError {
    const tell = thrown instanceof BadValue ? wrongResult : threw;
    return tell(this.#ref, thrown as BadValue, where, details);
  }

  #values(batch: Batch, row: number): string {
    const readable = this.#fields.filter((field) => valueKindOf(field).kind !== 'unsupported');
    const reader = createRowReader(
      this.#fields,
      readable.map(({ name }) => name),
    );
    reader.bind(batch);
    return rowText(reader.row(row), this.#charsMax);
  }
}
