import type { WorkerId } from '../../../shared/ids.ts';
import { freeSlots, isOpen, type Worker } from './worker.ts';

/**
 * The workers that take tasks, by free slots: all steps take constant time. Call `update` after whatever changes a
 * worker's attempts or state.
 */
export class SlotPool {
  /** `#byFree[n]`: open workers with n free slots. */
  readonly #byFree: Worker[][] = [];
  /** No worker has more free slots than this. */
  #most = 0;

  update(worker: Worker): void {
    const free = isOpen(worker) ? freeSlots(worker) : 0;
    if (worker.place?.free === free) return;
    this.#remove(worker);
    if (free === 0) return;
    const peers = this.#peers(free);
    worker.place = { free, at: peers.length };
    peers.push(worker);
    this.#most = Math.max(this.#most, free);
  }

  /** The open worker with the most free slots; one other than `avoid` if there is one. */
  freest(avoid?: WorkerId): Worker | undefined {
    while (this.#most > 0 && this.#peers(this.#most).length === 0) this.#most--;
    let avoided: Worker | undefined;
    for (let free = this.#most; free > 0; free--) {
      const peers = this.#peers(free);
      const last = peers.at(-1);
      if (last === undefined || last.id !== avoid) {
        if (last !== undefined) return last;
        continue;
      }
      avoided = last;
      const other = peers.at(-2);
      if (other !== undefined) return other;
    }
    return avoided;
  }

  #remove(worker: Worker): void {
    if (worker.place === undefined) return;
    const { free, at } = worker.place;
    const peers = this.#peers(free);
    const last = peers.pop();
    if (last !== undefined && last !== worker) {
      peers[at] = last;
      last.place = { free, at };
    }
    worker.place = undefined;
  }

  #peers(free: number): Worker[] {
    let peers = this.#byFree[free];
    if (peers === undefined) {
      peers = [];
      this.#byFree[free] = peers;
    }
    return peers;
  }
}
