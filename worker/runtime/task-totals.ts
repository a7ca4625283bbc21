import type { Split } from '../../shared/stage/split.ts';
import type { TaskInput } from '../../shared/stage/task.ts';

/**
 * Rows and bytes that a task is given to read, as its description says. What only shows as it is read (connectors,
 * datasets, Arrow files) is counted there: see `TaskInputs.read`.
 */
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
  if (split.kind === 'arrow') return { rows: 0, bytes: 0 };
  const { rows, fileRows, file } = split;
  return { rows, bytes: fileRows === undefined ? 0 : Math.round(file.sizeBytes * (rows / Math.max(1, fileRows))) };
}
