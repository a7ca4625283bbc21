import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { nextWave } from '../../../coordinator/planner/adapt/next-wave.ts';
import { type AdaptLimits, begin, finished, type StageSizes } from '../../../coordinator/planner/adapt/progress.ts';
import type { StagedPlan } from '../../../coordinator/planner/stages/staged-plan.ts';
import type { Connection } from '../../../shared/duckdb/connection.ts';
import { numberColumn, withNumber } from '../../../shared/duckdb/output/partition-reader.ts';
import type { Adaptation } from '../../../shared/plan/job.ts';
import type { Schema } from '../../../shared/schema.ts';
import { literal, quotedName } from '../../../shared/sql/text.ts';
import type { ExchangeSlice } from '../../../shared/stage/exchange-part.ts';
import type { LoadStep } from '../../../shared/stage/load-step.ts';
import type { Partitioning } from '../../../shared/stage/output.ts';
import type { StageInput, StageSpec } from '../../../shared/stage/stage.ts';
import { previousInput, type Step } from '../../../shared/stage/step.ts';
import { numberedSql } from '../../../worker/kernel/partition-number.ts';
import { materialiseRange } from '../../../worker/kernel/splits/ranges.ts';
import { type SqlSplit, sourceSql } from '../../../worker/kernel/splits/source-sql.ts';

/** What stands in for what only a cluster has. */
export interface Stand {
  /** For copies of byte ranges. */
  readonly directory: string;
  /** Relations with a column `segment`, by dataset. */
  readonly datasets?: Readonly<Record<string, string>>;
  /** SELECTs over `previous` in place of TypeScript functions, by the function's name. */
  readonly functions?: Readonly<Record<string, string>>;
  /** Stages are decided as sizes become known, as a cluster does; absent: they run as planned. */
  readonly adapt?: { readonly slots: number; readonly limits: AdaptLimits };
  /** What was adapted is added to it. */
  readonly adaptations?: Adaptation[];
  /** Called with each stage as it runs. */
  readonly onStage?: (stage: StageSpec) => void;
}

/**
 * Runs a staged plan in one thread over one connection, stage by stage, task by task, exchanges as temporary tables:
 * the planner's meaning of a plan, without workers.
 *
 * @returns the name of a table with the result's rows
 */
export function runLocally(plan: StagedPlan, connection: Connection, stand: Stand): string {
  const run = new Run(plan, connection, stand);
  if (stand.adapt === undefined) for (const stage of plan.stages) run.stage(stage);
  else runAdapted(plan, run, stand);
  return run.result();
}

function runAdapted(plan: StagedPlan, run: Run, { adapt, adaptations }: Stand): void {
  if (adapt === undefined) return;
  let progress = begin(plan, adapt.slots, adapt.limits);
  const waiting: StageSpec[] = [];
  for (let closed = false; !closed || waiting.length > 0; ) {
    const wave = nextWave(progress);
    progress = wave.progress;
    waiting.push(...wave.stages);
    adaptations?.push(...wave.adaptations);
    closed ||= wave.finalStage !== undefined;
    // The last to begin is the first to end, so that stages meet others in many states.
    const stage = waiting.pop();
    if (stage === undefined) throw new Error('nothing runs, and nothing can begin');
    run.stage(stage);
    progress = finished(progress, stage.id, run.sizesOf(stage));
  }
}

/** How batches are dealt out by `roundRobin`: as if each had so many rows. */
const batchRows = 100;

class Run {
  readonly #plan: StagedPlan;
  readonly #connection: Connection;
  readonly #stand: Stand;
  readonly #specs = new Map<number, StageSpec>();
  #ranges = 0;

  constructor(plan: StagedPlan, connection: Connection, stand: Stand) {
    this.#plan = plan;
    this.#connection = connection;
    this.#stand = stand;
  }

  stage(stage: StageSpec): void {
    this.#specs.set(stage.id, stage);
    this.#stand.onStage?.(stage);
    for (let task = 0; task < stage.tasks; task++) this.#task(stage, task);
  }

  result(): string {
    const { finalStage, schema } = this.#plan;
    const parts = Array.from({ length: this.#specs.get(finalStage)?.tasks ?? 0 }, (_, task) =>
      tableName(finalStage, task, 0),
    );
    return this.#table('result', unionOf(parts, schema));
  }

  /** As workers report them; the bytes are rows times columns. */
  sizesOf({ id, tasks, output, schema }: StageSpec): StageSizes {
    const partitions =
      output.kind === 'file' ? 0 : output.partitioning.kind === 'single' ? 1 : output.partitioning.partitions;
    const sizes = Array.from({ length: tasks }, (_, task) =>
      Array.from({ length: partitions }, (_, partition) => {
        const [row] = this.#connection.rows(`SELECT count(*) AS n FROM ${tableName(id, task, partition)}`);
        const rows = Number(row?.n);
        return { rows, bytes: rows * schema.length * 8 };
      }),
    );
    const sum = (of: 'rows' | 'bytes'): number => sizes.flat().reduce((total, size) => total + size[of], 0);
    return { rows: sum('rows'), bytes: sum('bytes'), tasks: sizes };
  }

  #partitions(id: number): number {
    const output = this.#specs.get(id)?.output;
    if (output?.kind !== 'exchange') throw new Error(`stage ${id} is read and writes no exchange`);
    return output.partitioning.kind === 'single' ? 1 : output.partitioning.partitions;
  }

  #task(stage: StageSpec, task: number): void {
    const { inputs, steps, output, id } = stage;
    for (const input of inputs) this.#view(input.name, this.#inputSql(input, task));
    for (const step of steps) {
      this.#table('next_step', this.#stepSql(step, task));
      this.#connection.execute(
        `DROP TABLE IF EXISTS ${previousInput}; ALTER TABLE next_step RENAME TO ${previousInput}`,
      );
    }
    this.#checkSchema(stage);
    if (output.kind === 'exchange') this.#partition(id, task, output.partitioning);
    else this.#write(output.sink.format, output.sink.stagingDirectory, task);
    for (const input of inputs) this.#connection.execute(`DROP VIEW ${quotedName(input.name)}`);
  }

  #stepSql(step: Step, task: number): string {
    if (step.kind === 'sql') return step.sql;
    if (step.kind === 'load') return loadSql(step, task);
    if (step.kind === 'reread') throw new Error('there are no connectors here');
    const select = this.#stand.functions?.[step.bundle.name] ?? 'SELECT * FROM previous';
    const columns = step.schema.map(({ name, type }) => `${quotedName(name)}::${type} AS ${quotedName(name)}`);
    return `SELECT ${columns.join(', ')} FROM (${select})`;
  }

  /** A worker would not notice: what a stage says that it yields must be what it yields. */
  #checkSchema({ id, schema }: StageSpec): void {
    const real = this.#connection.describe(`SELECT * FROM ${previousInput}`);
    if (JSON.stringify(real) === JSON.stringify(schema)) return;
    throw new Error(`stage ${id} says ${JSON.stringify(schema)} and yields ${JSON.stringify(real)}`);
  }

  #inputSql(input: StageInput, task: number): string {
    if (input.kind === 'dataset') {
      const { from, to } = input.perTask[task] ?? { from: 0, to: 0 };
      const columns = input.schema.map(({ name }) => quotedName(name)).join(', ');
      return `SELECT ${columns} FROM ${this.#stand.datasets?.[input.dataset]} WHERE segment >= ${from} AND segment < ${to}`;
    }
    if (input.kind === 'extract') return extractSql(input, task);
    if (input.kind === 'splits') {
      const splits = (input.perTask[task] ?? []).filter((split): split is SqlSplit => split.kind !== 'arrow');
      return sourceSql(input.schema, splits, (split) => materialiseRange(split, this.#stand.directory, this.#ranges++));
    }
    const tasks = this.#specs.get(input.from)?.tasks ?? 0;
    const own =
      input.mode === 'broadcast' ? { from: 0, to: this.#partitions(input.from) } : { from: task, to: task + 1 };
    const slice: ExchangeSlice = input.perTask?.[task] ?? own;
    const producers = [...Array(tasks).keys()].slice(slice.tasks?.from, slice.tasks?.to);
    const parts = Array.from({ length: slice.to - slice.from }, (_, i) =>
      producers.map((producer) => rowsOf(tableName(input.from, producer, slice.from + i), slice)),
    ).flat();
    // As a table: DuckDB runs the branches of a UNION ALL in any order below an aggregate, a reader of exchanges does
    // not.
    return `SELECT * FROM ${this.#table(`read_${input.name}`, unionOf(parts, input.schema))}`;
  }

  #partition(stage: number, task: number, partitioning: Partitioning): void {
    const partitions = partitioning.kind === 'single' ? 1 : partitioning.partitions;
    this.#table('numbered', this.#numbered(partitioning));
    for (let partition = 0; partition < partitions; partition++) {
      const rows = `SELECT * EXCLUDE (${numberColumn}) FROM numbered WHERE ${numberColumn} = ${partition}`;
      this.#table(tableName(stage, task, partition), rows);
    }
  }

  #numbered(partitioning: Partitioning): string {
    const all = `SELECT * FROM ${previousInput}`;
    if (partitioning.kind === 'single') return withNumber(all, '0');
    if (partitioning.kind === 'roundRobin')
      return `SELECT *, (rowid // ${batchRows}) % ${partitioning.partitions} AS ${numberColumn} FROM ${previousInput}`;
    return numberedSql(all, partitioning, partitioning.kind === 'range' ? this.#bounds(partitioning.bounds) : []);
  }

  #bounds(input: string): string[] {
    const [row] = this.#connection.rows(`SELECT * FROM ${quotedName(input)}`);
    return String(row?.bounds ?? '')
      .split(',')
      .filter((bound) => bound !== '');
  }

  #write(format: string, directory: string, task: number): void {
    mkdirSync(directory, { recursive: true });
    const path = join(directory, `part-${task}.${format}`);
    this.#connection.execute(
      `COPY ${previousInput} TO ${literal(path)} (FORMAT ${format === 'ndjson' ? 'json' : format})`,
    );
    this.#table(tableName(this.#plan.finalStage, task, 0), `SELECT * FROM ${previousInput}`);
  }

  #view(name: string, sql: string): void {
    this.#connection.execute(`CREATE OR REPLACE TEMP VIEW ${quotedName(name)} AS ${sql}`);
  }

  #table(name: string, sql: string): string {
    this.#connection.execute(`CREATE OR REPLACE TEMP TABLE ${name} AS ${sql}`);
    return name;
  }
}

/** Pieces are SELECTs here. */
function extractSql({ schema, perTask }: Extract<StageInput, { kind: 'extract' }>, task: number): string {
  const pieces = (perTask[task] ?? []).map((piece) => `(${piece})`);
  const columns = schema.map(({ name, type }) => `${quotedName(name)}::${type} AS ${quotedName(name)}`).join(', ');
  if (pieces.length === 0) return unionOf([], schema);
  return `SELECT ${columns} FROM (${pieces.join(' UNION ALL BY NAME ')})`;
}

/** The rows themselves stand in the receipt. */
const loadSql = ({ output, schema }: LoadStep, task: number): string =>
  `SELECT ${literal(output)} AS output, ${task}::INTEGER AS task,
   to_json({ rows: count(*), bytes: 0, detail: list({ ${schema.map(({ name }) => `${quotedName(name)}: ${quotedName(name)}`).join(', ')} }) })::VARCHAR AS receipt
   FROM ${previousInput}`;

/** A relation of the slice's rows of a partition. */
const rowsOf = (table: string, { rows }: ExchangeSlice): string =>
  rows === undefined ? table : `(FROM ${table} WHERE rowid >= ${rows.from} AND rowid < ${rows.to})`;

const tableName = (stage: number, task: number, partition: number): string => `s${stage}_t${task}_p${partition}`;

/** Rows of the first table, then those of the second, …: producer order. */
const unionOf = (tables: readonly string[], schema: Schema): string =>
  tables.length === 0
    ? `SELECT ${schema.map(({ name, type }) => `NULL::${type} AS ${quotedName(name)}`).join(', ')} LIMIT 0`
    : `${tables.map((table) => `SELECT * FROM ${table}`).join(' UNION ALL ')}${schema.length === 0 ? ' LIMIT 0' : ''}`;
