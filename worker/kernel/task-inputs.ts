import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSchema } from '../../shared/arrow/ipc.ts';
import type { Input } from '../../shared/duckdb/input.ts';
import type { SheafError } from '../../shared/errors.ts';
import { readParts, schemaOfParts } from '../../shared/exchange/local-parts.ts';
import type { LocalInput, PoolTask, ThreadData } from '../pool/protocol.ts';
import { readArrowSplits } from './arrow-splits.ts';
import { checkFile } from './check-file.ts';
import { materialiseRange, type TextSplit } from './ranges.ts';
import { inFileTerms } from './row-errors.ts';
import { type PathOf, sourceSql } from './source-sql.ts';

/** An input as the SQL of a step sees it: text by which DuckDB reads files, or batches that we feed. */
export type NamedInput =
  | { readonly kind: 'view'; readonly name: string; readonly sql: string }
  | { readonly kind: 'batches'; readonly name: string; readonly input: Input };

/** All inputs of one attempt, opened: what remains of them on disk goes when this is disposed of. */
export class TaskInputs implements Disposable {
  /** Of this attempt alone. */
  readonly directory: string;
  readonly #inputs: NamedInput[] = [];
  readonly #ranges = new Map<string, TextSplit>();
  #spools = 0;

  private constructor({ key }: PoolTask, { tempRoot }: ThreadData) {
    this.directory = mkdtempSync(join(tempRoot, `${key.job}-${key.stage}-${key.task}-${key.attempt}-`));
  }

  /** @throws SheafError `FILE_NOT_VISIBLE`, `FILE_CHANGED`, `FETCH_FAILED`, … */
  static async open(task: PoolTask, thread: ThreadData): Promise<TaskInputs> {
    const inputs = new TaskInputs(task, thread);
    try {
      for (const input of task.inputs) inputs.#inputs.push(await inputs.#open(input, thread.workerName));
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

  /** A name for the next file of passing rows. */
  nextSpool(): string {
    this.#spools += 1;
    return `step-${this.#spools}`;
  }

  /** An error about a row in terms of the user's file, not of the copy of a range. */
  inFileTerms(error: SheafError): SheafError {
    return inFileTerms(error, this.#ranges);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #open(input: LocalInput, workerName: string): Promise<NamedInput> {
    const { name, schema } = input;
    if (input.kind === 'splits') return await this.#openSplits(input, workerName);
    const { parts } = input;
    const message = schemaOfParts(parts);
    if (!message) return { kind: 'view', name, sql: sourceSql(schema, [], noPath) };
    return { kind: 'batches', name, input: { schema: decodeSchema(message), open: () => readParts(parts) } };
  }

  async #openSplits(
    { name, schema, splits }: Extract<LocalInput, { kind: 'splits' }>,
    workerName: string,
  ): Promise<NamedInput> {
    for (const { file } of splits) checkFile(file, workerName);
    const arrow = splits.filter((split) => split.kind === 'arrow');
    if (arrow.length > 0) return { kind: 'batches', name, input: await readArrowSplits(arrow) };
    const others = splits.filter((split) => split.kind !== 'arrow');
    return { kind: 'view', name, sql: sourceSql(schema, others, (split) => this.#rangePath(split)) };
  }

  #rangePath(split: TextSplit): string {
    const path = materialiseRange(split, this.directory, this.#ranges.size);
    this.#ranges.set(path, split);
    return path;
  }
}

const noPath: PathOf = ({ file }) => file.path;
