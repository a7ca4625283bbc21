import { open } from 'node:fs/promises';
import { type RecordBatch, RecordBatchReader } from 'apache-arrow';
import type { Batch } from '../../../shared/arrow/batch.ts';
import { fromRecordBatch } from '../../../shared/arrow/from-record-batch.ts';
import { flatSchema } from '../../../shared/arrow/record-batch.ts';
import type { Input } from '../../../shared/duckdb/input/input.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { Split } from '../../../shared/stage/split.ts';

type ArrowSplit = Extract<Split, { kind: 'arrow' }>;

/**
 * Reads record batches of Arrow IPC files, and of these the columns of the schema: SQL may ask for all that its input has.
 * What a task is given fits in memory: the planner packs splits to a target size.
 *
 * @throws SheafError `FILE_CORRUPT`
 */
export async function readArrowSplits(splits: readonly ArrowSplit[], schema: Schema): Promise<Input> {
  const batches: RecordBatch[] = [];
  for (const split of splits) batches.push(...(await readSplit(split)).map((batch) => cutTo(schema, batch)));
  const [first] = batches;
  if (!first) throw new TypeError('A split of an Arrow file has at least one batch');
  const plain: Batch[] = batches.map(fromRecordBatch);
  return { schema: flatSchema(first.schema), open: () => plain[Symbol.iterator]() };
}

/** Only the columns of the schema, in its order. */
function cutTo(schema: Schema, batch: RecordBatch): RecordBatch {
  const { fields } = batch.schema;
  return batch.selectAt(schema.map(({ name }) => fields.findIndex((field) => field.name === name)));
}

async function readSplit({ file, firstBatch, batches }: ArrowSplit): Promise<RecordBatch[]> {
  await using handle = await open(file.path);
  const found: RecordBatch[] = [];
  try {
    const reader = await RecordBatchReader.from(handle);
    let index = 0;
    for await (const batch of await reader.open()) {
      if (index >= firstBatch) found.push(batch);
      index += 1;
      if (found.length === batches) break;
    }
  } catch (cause) {
    throw corrupt(file.path, (cause as Error).message, cause);
  }
  if (found.length < batches) throw corrupt(file.path, `it ends before batch ${firstBatch + batches}`);
  return found;
}

const corrupt = (path: string, what: string, cause?: unknown): SheafError =>
  new SheafError('FILE_CORRUPT', `The Arrow file ${path} cannot be read: ${what}`, {
    cause,
    next: 'Write it again; Sheaf reads uncompressed Arrow IPC files and streams.',
  });
