import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { LoadReceipt } from '../../shared/plan/nodes/load.ts';
import type { CommitContext, Committed, PrepareContext, SinkConnector, SinkContext } from '../contract.ts';
import { checkDestination, cleanLoad, commitLoad } from './commit.ts';
import { ledgerEntry } from './ledger.ts';
import { loadName } from './names.ts';
import { openStorage } from './open-storage.ts';
import { parseSinkOptions, type SinkOptions } from './options.ts';
import type { StagedFile } from './storage.ts';
import { write } from './write.ts';

/**
 * Files below a directory or an `s3://` prefix: Parquet, CSV or NDJSON, in folders by columns if wanted. Each load is
 * seen as a whole by readers that heed `_sheaf/` (ours), and is there once (see docs/connectors/files.md).
 */
export const filesSink: SinkConnector<SinkOptions, null> = { parse: parseSinkOptions, prepare, write, commit, clean };

async function prepare(options: SinkOptions, { schema, run, output, config, signal }: PrepareContext): Promise<null> {
  const names = schema.map(({ name }) => name.toLowerCase());
  const missing = options.partitionBy.find((name) => !names.includes(name.toLowerCase()));
  if (missing !== undefined)
    throw new SheafError('COLUMN_UNKNOWN', `${output} has no column ${missing}, by which its files are partitioned`, {
      next: `Its columns are: ${schema.map(({ name }) => name).join(', ')}.`,
    });
  if (options.partitionBy.length >= schema.length)
    throw new SheafError('PLAN_INVALID', `${output} is partitioned by all of its columns: its files would hold none`, {
      next: 'Leave one out of partitionBy.',
    });
  const storage = await openStorage(options.path, options.s3, config, signal);
  const load = loadName(run, output);
  if ((await ledgerEntry(storage, load)) === undefined) await checkDestination(storage, options.mode, load);
  return null;
}

async function commit(
  options: SinkOptions,
  receipts: readonly LoadReceipt[],
  context: CommitContext<null>,
): Promise<Committed> {
  const { run, pipeline, output, cursors, mustLead, config, signal } = context;
  const storage = await openStorage(options.path, options.s3, config, signal);
  const { entry, already } = await commitLoad(storage, {
    load: loadName(run, output),
    mode: options.mode,
    files: receipts.flatMap(({ detail }) => (detail as unknown as { readonly files: readonly StagedFile[] }).files),
    rows: receipts.reduce((sum, { rows }) => sum + rows, 0),
    about: { run, pipeline, output, cursors } as Json,
    mustLead,
  });
  const detail = { path: options.path, files: entry.files.length, replaced: entry.removed.length };
  return { rows: entry.rows, bytes: entry.bytes, already, detail };
}

async function clean(options: SinkOptions, { run, output, config, signal }: SinkContext): Promise<void> {
  await cleanLoad(await openStorage(options.path, options.s3, config, signal), loadName(run, output));
}
