import type { JobInfo } from '../../shared/plan/job.ts';
import { hasEnded } from '../job/watch.ts';
import { blockLines, endLine, type Look } from './lines.ts';
import type { ProgressListener, ProgressOutput } from './listener.ts';

/** Jobs that end sooner are not drawn: flicker tells nobody anything. */
const quietMs = 400;

/** Progress on a terminal: the running jobs in a block that is drawn over itself, ended ones as a line above it. */
export class Block implements ProgressListener {
  readonly #output: ProgressOutput;
  readonly #color: boolean;
  readonly #running = new Map<string, { readonly sinceMs: number; readonly info: JobInfo }>();
  #drawnLines = 0;

  constructor(output: ProgressOutput, color: boolean) {
    this.#output = output;
    this.#color = color;
  }

  readonly update = (info: JobInfo): void => {
    const nowMs = performance.now();
    const sinceMs = this.#running.get(info.id)?.sinceMs ?? nowMs;
    const isShown = nowMs - sinceMs >= quietMs;
    if (hasEnded(info)) this.#running.delete(info.id);
    else this.#running.set(info.id, { sinceMs, info });
    if (isShown) this.#draw(hasEnded(info) ? [endLine(info, this.#look())] : []);
  };

  /** Erases what was still running. */
  readonly close = (): void => {
    this.#running.clear();
    if (this.#drawnLines > 0) this.#draw([]);
  };

  /** Back to the block's first line, everything below erased, then the lines that stay and the block. */
  #draw(staying: readonly string[]): void {
    const block = [...this.#running.values()].flatMap(({ info }) => blockLines(info, this.#look()));
    const back = this.#drawnLines === 0 ? '' : `\x1b[${this.#drawnLines}A`;
    this.#output.write(`${back}\x1b[0J${[...staying, ...block].map((line) => `${line}\n`).join('')}`);
    this.#drawnLines = block.length;
  }

  #look(): Look {
    return { width: Math.max(40, (this.#output.columns ?? 80) - 1), color: this.#color };
  }
}
