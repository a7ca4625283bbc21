import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Schema as ArrowSchema } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';
import { decodeSchema, encodeSchema } from '../../shared/arrow/ipc.ts';
import type { Input } from '../../shared/duckdb/input/input.ts';
import { SheafError } from '../../shared/errors.ts';
import { type LocalPart, readParts, schemaOfParts } from '../../shared/exchange/local-parts.ts';
import { ExchangeWriter } from '../../shared/exchange/writer.ts';
import type { JobId } from '../../shared/ids.ts';
import type { Schema } from '../../shared/schema.ts';
import { Secrets } from '../../shared/secrets.ts';
import { mentions } from '../../shared/sql/text.ts';
import type { FileRef, Split } from '../../shared/stage/split.ts';
import type { ConnectorServices } from '../connectors/services.ts';
import type { AttemptWatch } from '../pool/cancellation.ts';
import type { LocalInput, PoolTask, ThreadData } from '../pool/protocol.ts';
import { inFileTerms } from './row-errors.ts';
import { readArrowSplits } from './splits/arrow-splits.ts';
import { checkFile, ofChangedFile } from './splits/check-file.ts';
import { materialiseRange, type TextSplit } from './splits/ranges.ts';
import { ReadCount } from './splits/read-count.ts';
import { type PathOf, sourceSql } from './splits/source-sql.ts';
import type { NamedScan } from './with-scans.ts';

/** An input as the SQL of a step sees it: text by which DuckDB reads files, or batches that we feed. */
export type NamedInput =
  | (NamedScan & { readonly kind: 'scan' })
  | { readonly kind: 'batches'; readonly name: string; readonly input: Input };

/** All inputs of one attempt, opened: what remains of them on disk goes when this is disposed of. */
export class TaskInputs implements Disposable {
  /** Of connectors, datasets and Arrow files: all that is read of them, as far as it has been. */
  readonly read = new ReadCount();
  readonly #inputs: NamedInput[] = [];
  readonly #ranges = new Map<string, TextSplit>();
  /** Splits of objects by the path of their copy. */
  readonly #objects = new Map<string, Split>();
  /** Files that this machine reads in place. */
  readonly #files: FileRef[] = [];
  #spools = 0;

  readonly #job: JobId;
  readonly #config: ThreadData['config'];
  readonly #prefix: string;
  readonly #worker: string;
  #directory: string | undefined;

  private constructor({ key }: PoolTask, { tempRoot, config, workerName }: ThreadData) {
    this.#job = key.job;
    this.#config = config;
    this.#worker = workerName;
    this.#prefix = join(tempRoot, `${key.job}-${key.stage}-${key.task}-${key.attempt}-`);
  }

  /** Of this attempt alone. Made when it is first asked for: most tasks need none. */
  get directory(): string {
    this.#directory ??= mkdtempSync(this.#prefix);
    return this.#directory;
  }

  /** @throws SheafError `FILE_NOT_VISIBLE`, `FILE_CHANGED`, `FETCH_FAILED`, … */
  static async open(
    task: PoolTask,
    thread: ThreadData,
    watch: AttemptWatch,
    services: ConnectorServices | undefined,
  ): Promise<TaskInputs> {
    const inputs = new TaskInputs(task, thread);
    const sql = task.steps.flatMap((step) => (step.kind === 'sql' ? [step.sql] : [])).join('\n');
    try {
      for (const input of task.inputs) inputs.#inputs.push(await inputs.#open(input, thread, watch, sql, services));
      return inputs;
    } catch (failed) {
      inputs[Symbol.dispose]();
      throw failed;
    }
  }

  /** Those that a SQL text may speak of: a name that it does not hold it cannot read. */
  namedIn(sql: string): readonly NamedInput[] {
    return this.#inputs.filter(({ name }) => sql.includes(name));
  }

  /** Writes batches to a file of the attempt as they come, to be read from there: they may be larger than memory. */
  async spool(schema: ArrowSchema, batches: Iterable<Batch> | AsyncIterable<Batch>): Promise<LocalPart> {
    this.#spools += 1;
    using writer = new ExchangeWriter({
      root: this.directory,
      owner: { kind: 'spool', job: this.#job, spool: `step-${this.#spools}` },
      partitions: 1,
      schema: encodeSchema(schema),
      limits: this.#config,
    });
    for await (const batch of batches) writer.write(0, batch);
    writer.commit();
    return { path: writer.path, partition: 0 };
  }

  /**
   * Fails if a file is not what it was when it was first looked at: rows of before and after may have been read.
   *
   * @throws SheafError as `checkFile`
   */
  checkFiles(): void {
    for (const file of this.#files) checkFile(file, this.#worker);
  }

  /** An error about a row in terms of the user's file, not of the copy of a range, and of what became of that file. */
  inFileTerms(error: SheafError): SheafError {
    const told = inFileTerms(inObjectTerms(error, this.#objects), this.#ranges);
    return ofChangedFile(told, this.#files, this.#worker);
  }

  [Symbol.dispose](): void {
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
  }

  async #open(
    input: LocalInput,
    thread: ThreadData,
    watch: AttemptWatch,
    sql: string,
    services: ConnectorServices | undefined,
  ): Promise<NamedInput> {
    const { name, schema } = input;
    if (input.kind === 'extract') {
      return await this.#openExtract(input, mentions(sql, name) > 1, services);
    }
    if (input.kind === 'splits') return await this.#openSplits(input, thread, watch);
    const { parts } = input;
    const message = schemaOfParts(parts);
    if (!message) return { kind: 'scan', name, sql: sourceSql(schema, [], noPath) };
    const read: Input = { schema: decodeSchema(message), open: () => readParts(parts), owned: true, ...rowsOf(parts) };
    // The sizes of what tasks exchange are known beforehand.
    return { kind: 'batches', name, input: parts[0]?.producer === undefined ? this.read.of(read) : read };
  }

  async #openSplits(
    { name, schema, splits: wanted }: Extract<LocalInput, { kind: 'splits' }>,
    thread: ThreadData,
    watch: AttemptWatch,
  ): Promise<NamedInput> {
    const files = wanted.flatMap(({ file }) => (file.object === undefined ? [file] : []));
    for (const file of files) checkFile(file, thread.workerName);
    this.#files.push(...files);
    const splits = await this.#local(wanted, schema, thread, watch);
    const arrow = splits.filter((split) => split.kind === 'arrow');
    if (arrow.length > 0) return { kind: 'batches', name, input: this.read.of(await readArrowSplits(arrow, schema)) };
    const others = splits.filter((split) => split.kind !== 'arrow');
    return { kind: 'scan', name, sql: sourceSql(schema, others, (split) => this.#rangePath(split)) };
  }

  async #openExtract(
    input: Extract<LocalInput, { kind: 'extract' }>,
    again: boolean,
    services: ConnectorServices | undefined,
  ): Promise<NamedInput> {
    const { name, schema, pieces } = input;
    if (pieces.length === 0 || services === undefined)
      return { kind: 'scan', name, sql: sourceSql(schema, [], noPath) };
    const { readSource } = await import('../connectors/read-source.ts');
    const spool = async (schema: ArrowSchema, batches: Iterable<Batch> | AsyncIterable<Batch>): Promise<Input> => {
      const part = await this.spool(schema, batches);
      return { schema, open: () => readParts([part]) };
    };
    return {
      kind: 'batches',
      name,
      input: this.read.of(await readSource(input, { services, directory: this.directory, again, spool })),
    };
  }

  /** What lies in object storage is copied first. */
  async #local(
    splits: readonly Split[],
    schema: Schema,
    thread: ThreadData,
    watch: AttemptWatch,
  ): Promise<readonly Split[]> {
    if (!splits.some(({ file }) => file.object !== undefined)) return splits;
    const { fetchSplits } = await import('./splits/remote-splits.ts');
    const { database, workerName, config, secretsFolder } = thread;
    using cancelled = watch.signal(config.interruptIntervalMs);
    const secrets = new Secrets(secretsFolder);
    const { directory } = this;
    const fetched = await fetchSplits(splits, schema, {
      database,
      workerName,
      config,
      secrets,
      directory,
      ...cancelled,
    });
    for (const [i, split] of fetched.entries()) this.#objects.set(split.file.path, splits[i] ?? split);
    return fetched;
  }

  /** A range is copied out of what was fetched of its object, which then goes. */
  #rangePath(split: TextSplit): string {
    const path = materialiseRange(split, this.directory, this.#ranges.size);
    const object = this.#objects.get(split.file.path) as TextSplit | undefined;
    if (object !== undefined && path !== split.file.path) rmSync(split.file.path);
    this.#ranges.set(path, object ?? split);
    return path;
  }
}

/** An error about a copy is one about its object. */
function inObjectTerms(error: SheafError, objects: ReadonlyMap<string, Split>): SheafError {
  const [path, split] =
    [...objects].find(([copy, { kind }]) => kind === 'parquet' && error.message.includes(copy)) ?? [];
  if (path === undefined || split === undefined) return error;
  const { code, next, details, retryable } = error;
  const message = error.message.replaceAll(path, split.file.path);
  return new SheafError(code, message, {
    cause: error,
    retryable,
    details: { ...details, file: split.file.path },
    ...(next === undefined ? {} : { next }),
  });
}

const noPath: PathOf = ({ file }) => file.path;

/** What the producers counted: by that DuckDB decides which side of a join it builds its table of. */
const rowsOf = (parts: readonly LocalPart[]): { readonly rows?: number } =>
  parts.every(({ rows }) => rows !== undefined) ? { rows: parts.reduce((sum, { rows = 0 }) => sum + rows, 0) } : {};
