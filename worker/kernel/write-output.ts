import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isS3 } from '../../connectors/s3/location.ts';
import type { Batch } from '../../shared/arrow/batch.ts';
import { bufferPool } from '../../shared/arrow/buffer-pool.ts';
import { encodeSchema } from '../../shared/arrow/ipc.ts';
import { destinationError } from '../../shared/destination-error.ts';
import { type InlineRows, InlineWriter } from '../../shared/exchange/inline-rows.ts';
import { DiskQuota } from '../../shared/exchange/quota.ts';
import { ExchangeWriter } from '../../shared/exchange/writer.ts';
import { ofObjectStaging } from '../../shared/object-staging.ts';
import { literal } from '../../shared/sql/text.ts';
import type { FileSink, Partitioning } from '../../shared/stage/output.ts';
import { partPrefix } from '../../shared/stage/staging.ts';
import type { Step } from '../../shared/stage/step.ts';
import type { PartitionSize } from '../../shared/stage/task.ts';
import type { TaskContext } from './context.ts';
import { isNumbered, numberedSql } from './partition-number.ts';
import type { Relation } from './relation.ts';
import { runStep } from './run-step.ts';
import { writeArrowFile } from './splits/arrow-file.ts';
import { readBounds } from './splits/read-bounds.ts';
import { prepareSql } from './sql-step.ts';

/** What an attempt has written. */
export interface Written {
  /** Of an exchange file: rows and bytes of each partition. Empty for a file sink. */
  readonly partitions: readonly PartitionSize[];
  readonly file?: string;
  /** All of its rows, if they are a small result. */
  readonly inline?: InlineRows;
  readonly rows: number;
  readonly bytes: number;
}

/** Runs the last step into the task's output. */
export async function writeOutput(
  last: Step | undefined,
  previous: Relation | undefined,
  context: TaskContext,
): Promise<Written> {
  if (!last) throw new TypeError('A stage has at least one step');
  const { output } = context.task;
  if (output.kind === 'file') return await writeFile(output.sink, last, previous, context);
  const { partitions, inline } = await writeExchange(output.partitioning, last, previous, context);
  return {
    partitions,
    ...(inline === undefined ? {} : { inline }),
    rows: partitions.reduce((sum, { rows }) => sum + rows, 0),
    bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function writeExchange(
  partitioning: Partitioning,
  last: Step,
  previous: Relation | undefined,
  context: TaskContext,
): Promise<Pick<Written, 'partitions' | 'inline'>> {
  const { schema, batches, owned } = await partitioned(partitioning, last, previous, context);
  const { task, thread } = context;
  using writer = new ExchangeWriter({
    root: thread.exchangeRoot,
    owner: { kind: 'attempt', key: task.key },
    partitions: partitioning.kind === 'single' ? 1 : partitioning.partitions,
    schema: encodeSchema(schema),
    limits: thread.config,
    quota: new DiskQuota(thread.config.exchangeDiskBytesMax, thread.exchangeQuota),
  });
  const inline = new InlineWriter(schema, task.result ? thread.config.resultInlineBytesMax : 0);
  for (const { partition, batch } of batches) {
    inline.write(batch);
    writer.write(partition, batch);
    if (owned) bufferPool.giveBackBatch(batch);
  }
  context.inputs.checkFiles();
  const { rows } = inline;
  return { partitions: writer.commit(), ...(rows === undefined ? {} : { inline: rows }) };
}

interface Partitioned {
  readonly schema: Relation['schema'];
  readonly batches: Iterable<{ readonly partition: number; readonly batch: Batch }>;
  /** Nobody looks at the batches once they are written: a query made them, not a function. */
  readonly owned: boolean;
}

async function partitioned(
  partitioning: Partitioning,
  last: Step,
  previous: Relation | undefined,
  context: TaskContext,
): Promise<Partitioned> {
  if (isNumbered(partitioning) && last.kind === 'sql') {
    const { config, narrowArrowOptions } = context.thread;
    const bounds = partitioning.kind === 'range' ? readBounds(partitioning.bounds, context) : [];
    const { connection, sql, inputs } = prepareSql(last.sql, previous, context);
    const { partitions } = partitioning;
    const numbered = (sql: string): string => numberedSql(sql, partitioning, bounds);
    const query = context.scope.use(
      connection.partitioned(sql, { ...config, partitions, numbered }, { ...config, inputs, narrowArrowOptions }),
    );
    return { schema: query.schema, batches: query, owned: true };
  }
  const { schema, batches } = await runStep(last, previous, context);
  const { task } = context;
  const partitions = partitioning.kind === 'roundRobin' ? partitioning.partitions : 1;
  return { schema, batches: inTurn(batches, task.key.task, partitions), owned: last.kind === 'sql' };
}

/** Batch by batch to the next partition; tasks begin at different ones. */
function* inTurn(batches: Iterable<Batch>, first: number, partitions: number) {
  let next = first;
  for (const batch of batches) yield { partition: next++ % partitions, batch };
}

async function writeFile(
  sink: FileSink,
  last: Step,
  previous: Relation | undefined,
  context: TaskContext,
): Promise<Written> {
  const { job, task, attempt } = context.task.key;
  const file = `${partPrefix}${String(task).padStart(5, '0')}-${job}-${attempt}.${endingOf(sink)}`;
  const isObject = isS3(sink.stagingDirectory);
  const path = join(isObject ? context.inputs.directory : sink.stagingDirectory, file);
  try {
    const rows =
      sink.format === 'arrow'
        ? await writeArrow(path, last, previous, context)
        : copyTo(path, sink, last, previous, context);
    context.inputs.checkFiles();
    // A file for the first task even without rows: the schema of an empty result is a result.
    if (rows > 0 || task === 0) {
      const staged = isObject ? await stageObject(path, sink, endingOf(sink), context) : file;
      return { partitions: [], file: staged, rows, bytes: statSync(path).size };
    }
    rmSync(path);
    return { partitions: [], rows, bytes: 0 };
  } catch (failed) {
    rmSync(path, { force: true });
    throw destinationError(failed, path);
  }
}

const endingOf = ({ format, options }: FileSink): string => {
  const isText = format === 'csv' || format === 'ndjson';
  return isText ? `${format}${{ gzip: '.gz', zstd: '.zst' }[String(options.compression)] ?? ''}` : format;
};

/** Uploads a file, without completing the upload. @returns what the commit needs to do that */
async function stageObject(
  path: string,
  sink: FileSink,
  ending: string,
  { task, thread, watch }: TaskContext,
): Promise<string> {
  const [{ openStorage }, { partName }] = await Promise.all([
    import('../../connectors/files/open-storage.ts'),
    import('../../connectors/files/names.ts'),
  ]);
  using cancelled = watch.signal(thread.config.interruptIntervalMs);
  const { destination, job, epoch } = ofObjectStaging(sink.stagingDirectory);
  const storage = await openStorage(destination, {}, thread.config, cancelled.signal);
  const name = partName(task.key.task, job, `${epoch}-${task.key.attempt}`, ending);
  return JSON.stringify(await storage.stage(path, name, job));
}

async function writeArrow(
  path: string,
  last: Step,
  previous: Relation | undefined,
  context: TaskContext,
): Promise<number> {
  const { schema, batches } = await runStep(last, previous, context);
  return writeArrowFile(path, schema, batches);
}

function copyTo(
  path: string,
  sink: FileSink,
  last: Step,
  previous: Relation | undefined,
  context: TaskContext,
): number {
  if (last.kind !== 'sql') throw new TypeError('DuckDB writes what a query yields');
  const { connection, sql, inputs } = prepareSql(last.sql, previous, context);
  const copy = `COPY (${sql}) TO ${literal(path)} (${copyOptions(sink)})`;
  return connection.execute(copy, { ...context.thread.config, inputs });
}

/** The sink's options for DuckDB's COPY. Names are checked; values are literals. */
function copyOptions({ format, options }: FileSink): string {
  const named = Object.entries(options).map(([name, value]) => {
    if (!/^[a-z_]+$/i.test(name)) throw new TypeError(`${name} is not the name of an option`);
    return `${name} ${typeof value === 'string' ? literal(value) : value}`;
  });
  return [`FORMAT ${format === 'ndjson' ? 'json' : format}`, ...named].join(', ');
}
