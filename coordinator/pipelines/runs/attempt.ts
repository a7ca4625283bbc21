import type { CompiledRun } from '../../../pipeline/compile/compiled.ts';
import type { PipelineDocument } from '../../../pipeline/records/document.ts';
import type { RunRecord } from '../../../pipeline/records/run.ts';
import { assert, SheafError } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import type { Json } from '../../../shared/json.ts';
import type { LoadNode } from '../../../shared/plan/nodes/load.ts';
import { type Decision, decide, type PreparedSink } from '../decisions/decide.ts';
import { byOutput } from '../decisions/receipts.ts';
import { jobKey, type LoadEngine, type OpenLoad } from '../jobs/engine.ts';
import { type Sinks, written } from './sinks.ts';

/** Steps of a run at which a test may stop it. */
export type Point =
  | 'due'
  | 'started'
  | 'cleaned'
  | 'prepared'
  | 'submitted'
  | 'loaded'
  | 'decided'
  | 'sinkCommitted'
  | 'committed';

/** What {@link Attempt} works with. */
export interface AttemptParts {
  readonly record: RunRecord;
  readonly document: PipelineDocument;
  readonly compiled: CompiledRun;
  readonly cursorsBefore: Readonly<Record<string, Json>>;
  readonly engine: LoadEngine;
  readonly sinks: Sinks;
  /** Aborted when nobody wants this attempt any more, or this leader's time is over. */
  readonly signal: AbortSignal;
  readonly at: (point: Point) => Promise<void> | void;
}

/** One attempt of a run, up to the decision: nothing of it is visible. It ends with its leader. */
export class Attempt {
  readonly #parts: AttemptParts;
  #prepared: readonly PreparedSink[] = [];
  #load: OpenLoad | undefined;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  /** Makes what writers need, and submits the job. @throws SheafError of a source, a sink, or the plan */
  async submit(): Promise<JobId> {
    const { record, compiled, engine, at, signal } = this.#parts;
    if (record.attempt > 1) await this.#cleanEarlier();
    await at('cleaned');
    const load = await engine.open(compiled.plan, signal);
    this.#load = load;
    const prepared: PreparedSink[] = [];
    for (const output of written(compiled.plan.outputs)) {
      signal.throwIfAborted();
      prepared.push(await this.#parts.sinks.prepare(this.#name(), output, load.schemas[output.name], signal));
    }
    this.#prepared = prepared;
    await at('prepared');
    signal.throwIfAborted();
    const key = jobKey(record.id, record.attempt);
    const job = await load.submit(withPrepared(compiled.plan, prepared), key);
    if (signal.aborted) await engine.cancel(key); // Whoever cancelled the run did not know the job yet.
    signal.throwIfAborted();
    return job;
  }

  /** Waits for the job, and decides from its receipts. @throws SheafError of the job */
  async decision(job: JobId): Promise<Decision> {
    const { record, document, compiled, cursorsBefore, at, signal } = this.#parts;
    const load = this.#load;
    assert(load !== undefined, `run ${record.id} waits for a job that it has not submitted`);
    const receipts = byOutput(await load.receipts(job, signal));
    await at('loaded');
    return decide({
      document: record.replayOf === undefined ? document : withoutLimits(document),
      outputs: compiled.outputs,
      ...(compiled.also ? { also: compiled.also } : {}),
      sinks: this.#prepared,
      receipts,
      sources: load.sources,
      cursorsBefore,
      startedMs: record.startedMs ?? record.submittedMs,
      movesCursors: movesCursors(record),
    });
  }

  /** The attempt is over: releases what it holds. */
  async close(): Promise<void> {
    await this.#load?.close();
  }

  /** Removes what earlier attempts staged: it takes room and is of no use. */
  async #cleanEarlier(): Promise<void> {
    const { compiled, sinks, signal } = this.#parts;
    for (const output of written(compiled.plan.outputs)) await sinks.clean(this.#name(), output, signal);
  }

  #name() {
    const { id: run, pipeline } = this.#parts.record;
    return { run, pipeline };
  }
}

/** All rows of a replay have been rejected once: how many of them are again says nothing of the data. */
const withoutLimits = (document: PipelineDocument): PipelineDocument => {
  const { rowsMax: _, shareMax: __, ...onReject } = document.onReject;
  return { ...document, onReject };
};

/** A backfill reads its interval and a replay what was rejected: neither begins where the last run left off. */
export const movesCursors = ({ cause }: RunRecord): boolean => cause === 'manual' || cause === 'schedule';

function withPrepared(plan: LoadNode, prepared: readonly PreparedSink[]): LoadNode {
  const byName = new Map(prepared.map((sink) => [sink.name, sink.prepared]));
  const outputs = plan.outputs.map((output) => ({
    ...output,
    sink: { ...output.sink, prepared: byName.get(output.name) ?? null },
  }));
  return { ...plan, outputs };
}

/** The error of a run that was cancelled. */
export const cancelledError = (id: string): SheafError =>
  new SheafError('CANCELLED', `Run ${id} was cancelled`, { next: 'Run the pipeline again.' });
