import type { Task } from './task.ts';

/**
 * The pending tasks of a stage, oldest first. Entries are dropped lazily: one whose task is not pending any more (or
 * must now run alone) is skipped, so that taking a task from the middle costs nothing. `size` counts the real ones.
 */
export class ReadyQueue {
  #entries: Task[] = [];
  #head = 0;
  /** Pending tasks in the queue: kept by `moveTask`. */
  size = 0;

  push(task: Task): void {
    this.#entries.push(task);
  }

  /** Up to `count` pending tasks from the front, without taking them: a task leaves by being launched. */
  *peek(count: number): Generator<Task> {
    this.#skipStale();
    for (let at = this.#head, left = Math.min(count, this.size); left > 0 && at < this.#entries.length; at++) {
      const task = this.#entries[at];
      if (task === undefined || !isQueued(task)) continue;
      left--;
      yield task;
    }
  }

  /** The oldest pending task. */
  first(): Task | undefined {
    this.#skipStale();
    return this.#entries[this.#head];
  }

  #skipStale(): void {
    while (this.#head < this.#entries.length) {
      const task = this.#entries[this.#head];
      if (task !== undefined && isQueued(task)) break;
      this.#head++;
    }
    if (this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}

const isQueued = (task: Task): boolean => task.state.kind === 'pending' && !task.alone;
