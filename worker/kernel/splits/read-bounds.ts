import { SheafError } from '../../../shared/errors.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import { createRowReader } from '../../../shared/types/row-reader.ts';
import type { TaskContext } from '../context.ts';
import { querySql } from '../sql-step.ts';

/** The bounds of the partitions of a range, in hex and in order: none if there was nothing to take a sample of. */
export function readBounds(input: string, context: TaskContext): string[] {
  const { schema, batches } = querySql(`SELECT * FROM ${quotedName(input)}`, undefined, context);
  const reader = createRowReader(schema.fields);
  const texts: unknown[] = [];
  for (const batch of batches) {
    reader.bind(batch);
    for (let row = 0; row < batch.rows; row++) texts.push(Object.values(reader.row(row))[0] ?? '');
  }
  const [text] = texts;
  if (texts.length === 1 && typeof text === 'string') return text === '' ? [] : text.split(',');
  throw new SheafError('INTERNAL', `The bounds of a range are ${texts.length} rows: one text was expected`);
}
