import { type Batch, batchBytes } from '../../../shared/arrow/batch.ts';
import type { Input } from '../../../shared/duckdb/input/input.ts';

/** Rows and bytes of inputs whose sizes show only as they are read. */
export class ReadCount {
  rows = 0;
  bytes = 0;

  /** The input, counted as its first reading goes: later ones read the same again. */
  of(input: Input): Input {
    let isFirst = true;
    const open = (): Iterator<Batch> => {
      const batches = input.open();
      const counts = isFirst;
      isFirst = false;
      return counts ? this.#counted(batches) : batches;
    };
    return { ...input, open };
  }

  #counted(batches: Iterator<Batch>): Iterator<Batch> {
    return {
      next: () => {
        const next = batches.next();
        if (next.done) return next;
        this.rows += next.value.rows;
        this.bytes += batchBytes(next.value);
        return next;
      },
      return: () => batches.return?.() ?? { done: true, value: undefined },
    };
  }
}
