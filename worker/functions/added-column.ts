import type { Field } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';
import { columnPicker, sideBySide } from '../../shared/arrow/columns.ts';
import type { FunctionStep } from '../../shared/stage/function-step.ts';
import { BadValue, type ColumnBuilder } from '../../shared/types/builders/column-builder.ts';
import { createBuilders, takeBatch } from '../../shared/types/row-builder.ts';
import type { StepRun } from './step-run.ts';

/** A batch with the column that a step adds to it. */
export class AddedColumn {
  /** The arguments of a batch's rows, as the function's own columns. */
  readonly argumentsOf: (batch: Batch) => Batch;
  /** Of the new column, which gets one value for each row. */
  readonly builder: ColumnBuilder;
  readonly #passedOn: (batch: Batch) => Batch;

  constructor({ step, inputSchema, outputSchema }: StepRun) {
    const { fields } = inputSchema;
    const columns = (step.args ?? []).map(({ column }) => column);
    this.argumentsOf = columnPicker(fields, columns);
    this.#passedOn = columnPicker(fields, passedNames(step));
    this.builder = lastBuilder(step, outputSchema.fields);
  }

  /** The batch's columns that are passed on, and the values since the last call. */
  complete(batch: Batch): Batch {
    return sideBySide(batch.rows, [this.#passedOn(batch), takeBatch([this.builder])]);
  }

  /** Takes the values of a whole batch: an array, a typed array, a vector. */
  appendAll(values: unknown, rows: number): void {
    const list =
      typeof values === 'object' && values !== null && Symbol.iterator in values
        ? [...(values as Iterable<unknown>)]
        : undefined;
    if (list?.length !== rows) throw new BadValue('', `${rows} values, one for each row`, values);
    for (const value of list) this.builder.append(value);
  }
}

/** All columns that a step yields but the one that it adds. */
export const passedNames = ({ schema }: FunctionStep): string[] => schema.slice(0, -1).map(({ name }) => name);

/** The builder of the column that a step adds. */
export function lastBuilder({ schema }: FunctionStep, fields: readonly Field[]): ColumnBuilder {
  const [builder] = createBuilders(schema.slice(-1), fields.slice(-1));
  if (builder === undefined) throw new RangeError('a function step adds no column');
  return builder;
}
