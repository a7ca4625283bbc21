import type { Schema } from 'apache-arrow';
import type { Batch } from '../../arrow/batch.ts';
import { SheafError } from '../../errors.ts';

/** Batches that a query reads under a name. */
export interface Input {
  /** Flat: without dictionaries. Field metadata (extension types, `typeKey`) say which DuckDB types come out. */
  readonly schema: Schema;
  /** Begins a reading. A query may read an input more than once, each time from the beginning, and leave early. */
  open(): Iterator<Batch>;
  /** How many rows there are about, for the optimizer. */
  readonly rows?: number;
  /** Nobody else looks at its batches: their memory is used again when DuckDB has let go of it. */
  readonly owned?: boolean;
}

/** An input whose batches can be read only once. A second reading is an error that says so. */
export function onceInput(schema: Schema, batches: Iterable<Batch>): Input {
  let opened = false;
  return {
    schema,
    open() {
      if (!opened) {
        opened = true;
        return batches[Symbol.iterator]();
      }
      throw new SheafError('NOT_SUPPORTED', 'The query reads an input twice that can be read only once', {
        next: 'Read it once, with a materialised common table expression for instance, or keep its batches.',
      });
    },
  };
}
