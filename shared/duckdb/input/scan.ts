import type { Batch } from '../../arrow/batch.ts';
import { checkColumns } from '../../arrow/check.ts';
import type { Placed } from '../../arrow/placed.ts';
import type { NumberAddress } from '../native/memory.ts';
import { tableFunctions } from '../native/table-function-api.ts';
import { chunkRowsMax } from '../output/stream.ts';
import { ArrayWriter } from './array-writer.ts';
import type { BoundInput } from './bound-input.ts';
import { ConvertedSchema } from './converted-schema.ts';
import { finish, type Hold, hold } from './holds.ts';

/** One reading of an input by a query: windows of 2,048 rows of its batches become chunks without copying. */
export class Scan implements Disposable {
  readonly input: BoundInput;
  /** Places in the output chunk of the columns that are wanted; others (row ids) stay as they are. */
  readonly #outputs: readonly number[];
  readonly #columns: readonly Placed[];
  readonly #writer: ArrayWriter | undefined;
  readonly #schema: ConvertedSchema | undefined;
  #iterator: Iterator<Batch> | undefined;
  #batch: Batch | undefined;
  #hold: Hold | undefined;
  #row = 0;

  /** @param wanted by place in the output chunk, the column's number, or one that is no column's */
  constructor(input: BoundInput, wanted: readonly number[]) {
    this.input = input;
    this.#outputs = wanted.flatMap((column, i) => (column < input.fields.length ? [i] : []));
    const chosen = this.#outputs.map((i) => wanted[i] as number);
    this.#columns = chosen.flatMap((column) => input.columns[column] ?? []);
    if (chosen.length === 0) return; // only rows are counted
    this.#writer = new ArrayWriter(this.#columns);
    this.#schema = new ConvertedSchema(
      input.connection,
      chosen.flatMap((column) => input.fields[column] ?? []),
    );
  }

  /** Fills the output with the next rows, none at the end. */
  next(output: NumberAddress): void {
    const batch = this.#current();
    if (batch === undefined) {
      tableFunctions.setSize(output, 0);
      return;
    }
    const count = Math.min(chunkRowsMax, batch.rows - this.#row);
    if (this.#writer !== undefined && this.#hold !== undefined) this.#show(this.#writer, this.#hold, count, output);
    tableFunctions.setSize(output, count);
    this.#row += count;
    if (this.#row === batch.rows) this.#leave();
  }

  [Symbol.dispose](): void {
    this.#leave();
    this.#schema?.[Symbol.dispose]();
    const iterator = this.#iterator;
    this.#iterator = undefined;
    iterator?.return?.();
  }

  #show(writer: ArrayWriter, held: Hold, count: number, output: NumberAddress): void {
    writer.window(this.#row, count);
    held.arrays++;
    try {
      this.#schema?.convert(writer.address, (row) => {
        for (let i = 0; i < this.#outputs.length; i++) {
          const to = tableFunctions.vector(output, this.#outputs[i] as number);
          tableFunctions.reference(to, tableFunctions.structChild(row, i));
        }
      });
    } finally {
      if (!writer.taken) held.arrays--;
    }
  }

  /** The batch that has rows left, the next one if need be. */
  #current(): Batch | undefined {
    this.#iterator ??= this.input.open();
    while (this.#batch === undefined) {
      const { done, value } = this.#iterator.next();
      if (done) return undefined;
      if (value.rows > 0) this.#enter(value);
    }
    return this.#batch;
  }

  #enter(batch: Batch): void {
    checkColumns(this.#columns, batch);
    this.#row = 0;
    if (this.#writer !== undefined) {
      this.#hold = hold(batch, this.input.heldBytesMax, this.input.owned);
      this.#writer.bind(batch, this.#hold);
    }
    this.#batch = batch;
  }

  #leave(): void {
    if (this.#hold !== undefined) finish(this.#hold);
    this.#hold = undefined;
    this.#batch = undefined;
  }
}
