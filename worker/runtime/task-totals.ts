import type { Split, TaskInput } from '../../shared/stage.ts';

/** Rows and bytes that a task is given to read, as far as its description says (0 rows where only bytes are known). */
export function totalsOf(inputs: readonly TaskInput[]): { readonly rows: number; readonly bytes: number } {
  const sizes = inputs.flatMap((input) => {
    if (input.kind === 'splits') return input.splits.map(splitSize);
    return input.kind === 'exchange' ? [...input.parts] : [];
  });
  return {
    rows: sizes.reduce((sum, { rows }) => sum + rows, 0),
    bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function splitSize(split: Split): { rows: number; bytes: number } {
  if (split.kind === 'csv' || split.kind === 'ndjson') return { rows: 0, bytes: split.to - split.from };
  return { rows: split.kind === 'parquet' ? split.rows : 0, bytes: 0 };
}
