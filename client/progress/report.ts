import type { JobInfo } from '../../shared/plan/job.ts';
import { hasEnded } from '../job/watch.ts';
import { endLine, finishedStageLine, isFinished } from './lines.ts';
import type { ProgressListener, ProgressOutput } from './listener.ts';

/** Progress where nothing can be drawn over: a line for each stage when it ends, and one for the job. */
export class LineReport implements ProgressListener {
  readonly #output: ProgressOutput;
  /** By job, the stages that were reported. */
  readonly #told = new Map<string, Set<number>>();

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  readonly update = (info: JobInfo): void => {
    const told = this.#told.get(info.id) ?? new Set();
    this.#told.set(info.id, told);
    for (const stage of info.stages) {
      if (!isFinished(stage) || told.has(stage.id)) continue;
      told.add(stage.id);
      this.#output.write(`${finishedStageLine(info, stage)}\n`);
    }
    if (!hasEnded(info)) return;
    this.#told.delete(info.id);
    this.#output.write(`${endLine(info, { width: 1000, color: false })}\n`);
  };

  readonly close = (): void => {};
}
