import { SheafError } from '../../shared/errors.ts';
import type { LoadReceipt } from '../../shared/plan/nodes/load.ts';
import type {
  CommitContext,
  Committed,
  PrepareContext,
  SinkBatches,
  SinkConnector,
  SinkContext,
  WriteContext,
} from '../contract.ts';
import type { FileLoad } from './load-file.ts';
import { type FileOptions, parseFileOptions } from './options.ts';
import { runLoad } from './run-load.ts';
import { removeStaged, stagedFile, stagingDirectoryOf } from './staged-files.ts';

/**
 * A table in a DuckDB file. Tasks stage Parquet files beside it; the coordinator opens the file, alone, and moves the
 * rows in one transaction with an entry in a ledger of the file.
 */
export const duckdbSink: SinkConnector<FileOptions, null> = { parse: parseFileOptions, prepare, write, commit, clean };

/** What a receipt tells the commit. */
type FileReceipt = { readonly file: string };

const loadOf = (options: FileOptions, { schema, config }: Pick<PrepareContext, 'schema' | 'config'>): FileLoad => ({
  options,
  schema,
  memoryBytes: config.duckdbLoadMemoryBytes,
  spill: `${stagingDirectoryOf(options)}/spill`,
});

async function prepare(options: FileOptions, context: PrepareContext): Promise<null> {
  await runLoad(loadOf(options, context), () => {});
  return null;
}

async function write(options: FileOptions, rows: SinkBatches, context: WriteContext<null>): Promise<LoadReceipt> {
  try {
    const { writeParquet } = await import('../parquet-file.ts'); // The coordinator needs no DuckDB on its main thread.
    const file = await stagedFile(options, context);
    const written = writeParquet(file, rows, {
      memoryBytes: context.config.parquetWriteMemoryBytes,
      directory: context.directory,
    });
    return { ...written, detail: { file } satisfies FileReceipt };
  } catch (thrown) {
    throw staging(thrown, options);
  }
}

/** A folder that cannot be written, in the words of the one who chose it. */
function staging(thrown: unknown, options: FileOptions): unknown {
  if (thrown instanceof SheafError || (thrown as NodeJS.ErrnoException).code === undefined) return thrown;
  const { message } = thrown as Error;
  return new SheafError(
    'SINK_FAILED',
    `Rows for ${options.path} cannot be staged in ${stagingDirectoryOf(options)}: ${message}`,
    {
      cause: thrown,
      next: 'The folder must be on a disk that the coordinator and all workers see and may write: set stagingDirectory.',
    },
  );
}

async function commit(
  options: FileOptions,
  receipts: readonly LoadReceipt[],
  context: CommitContext<null>,
): Promise<Committed> {
  const { run, pipeline, output, cursors } = context;
  const sum = (pick: (receipt: LoadReceipt) => number): number => receipts.reduce((total, one) => total + pick(one), 0);
  const files = receipts.filter(({ rows }) => rows > 0).map(({ detail }) => (detail as FileReceipt).file);
  const what = {
    run,
    pipeline,
    output,
    cursors,
    files,
    rows: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
  };
  return runLoad({ ...loadOf(options, context), commit: what }, context.mustLead);
}

function clean(options: FileOptions, context: SinkContext): Promise<void> {
  return removeStaged(options, context, Date.now() - context.config.stagingFileAgeMsMax);
}
