import type { RunInfo, RunRecord } from '../../../pipeline/records/run.ts';
import type { Config } from '../../../shared/config/config.ts';
import { isOver } from '../decisions/machine.ts';
import type { LoadEngine } from '../jobs/engine.ts';
import type { RunBook } from '../records/run-book.ts';

/** What {@link RunViews} works with. */
export interface RunViewsParts {
  readonly runs: RunBook;
  readonly engine: Pick<LoadEngine, 'progress'>;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  readonly config: Pick<Config, 'runsListedMax' | 'watchIntervalMs'>;
}

/** What clients see of runs: lists, details, progress. */
export class RunViews {
  readonly #parts: RunViewsParts;

  constructor(parts: RunViewsParts) {
    this.#parts = parts;
  }

  /** The latest first. */
  list(pipeline: string | undefined, limit: number): RunRecord[] {
    const { runsListedMax } = this.#parts.config;
    return this.#parts.runs.list(pipeline).slice(0, limit === 0 ? runsListedMax : limit);
  }

  /** @throws SheafError `RUN_UNKNOWN` */
  info(id: string): RunInfo {
    const record = this.#parts.runs.get(id);
    const job = record.life.state === 'loading' ? this.#parts.engine.progress(record.life.job) : undefined;
    return { ...record, ...(job ? { job } : {}) };
  }

  /** Progress until the run is over; the last one says how. @throws SheafError `RUN_UNKNOWN`, `NOT_LEADER` */
  async *watch(id: string, caller: AbortSignal): AsyncGenerator<RunInfo> {
    const { runs, over, config } = this.#parts;
    const signal = AbortSignal.any([caller, over]);
    for (let sent = ''; !caller.aborted; ) {
      over.throwIfAborted();
      const info = this.info(id);
      const text = JSON.stringify(info);
      if (text !== sent) yield info;
      sent = text;
      if (isOver(info.life)) return;
      await runs.changed(id, config.watchIntervalMs, signal);
    }
  }

  /** Waits until the run is over, or nobody knows it any more. */
  async ended(id: string): Promise<void> {
    const { runs, over, config } = this.#parts;
    for (let run = runs.find(id); run !== undefined && !isOver(run.life); run = runs.find(id)) {
      over.throwIfAborted();
      await runs.changed(id, config.watchIntervalMs, over);
    }
  }
}
