import type { Random } from './random.ts';

/** How badly a run is treated. Probabilities, unless the name says otherwise. */
export interface Faults {
  /** Mean time between kills of a worker, over the cluster. */
  readonly killEveryMs: number;
  /** That a kill takes all workers. */
  readonly killAll: number;
  /** That a worker is taken for lost while it lives on and reports. */
  readonly falseAlarm: number;
  /** That a lost worker comes back, under a new incarnation at the same address. */
  readonly restart: number;
  /** Mean time between drains. */
  readonly drainEveryMs: number;
  /** That a message from a worker comes twice. */
  readonly duplicate: number;
  /** The longest time that a message takes: those of a worker overtake each other. */
  readonly delayMsMax: number;
  /** That an attempt fails by an error worth a retry. */
  readonly taskError: number;
  /** That an attempt runs out of memory unless it is alone. */
  readonly outOfMemory: number;
  /** That an output cannot be read, though its worker lives. */
  readonly corrupt: number;
  /** That a worker hands an attempt back unasked. */
  readonly handBack: number;
  /** That a task kills every worker that runs it. */
  readonly poison: number;
  /** That an attempt takes 20 times as long. */
  readonly straggle: number;
  /** That a client cancels its job. */
  readonly cancel: number;
  /** That a client cannot fetch a part of its result. */
  readonly resultLost: number;
  readonly sinkFailed: number;
}

/** Nothing goes wrong. */
export const noFaults: Faults = {
  killEveryMs: Number.POSITIVE_INFINITY,
  killAll: 0,
  falseAlarm: 0,
  restart: 1,
  drainEveryMs: Number.POSITIVE_INFINITY,
  duplicate: 0,
  delayMsMax: 5,
  taskError: 0,
  outOfMemory: 0,
  corrupt: 0,
  handBack: 0,
  poison: 0,
  straggle: 0,
  cancel: 0,
  resultLost: 0,
  sinkFailed: 0,
};

/** Each run is hard in its own way: some faults are off, some frequent. */
export function randomFaults(random: Random): Faults {
  const some = (...values: readonly number[]): number => random.pick([0, ...values]);
  return {
    killEveryMs: random.pick([1000, 3000, 10_000, Number.POSITIVE_INFINITY]),
    killAll: some(0.05, 0.3),
    falseAlarm: some(0.2, 0.5),
    restart: random.pick([0.7, 1]),
    drainEveryMs: random.pick([1000, 5000, Number.POSITIVE_INFINITY]),
    duplicate: some(0.1, 0.5),
    delayMsMax: random.pick([1, 20, 500]),
    taskError: some(0.02, 0.1),
    outOfMemory: some(0.05, 0.3),
    corrupt: some(0.02, 0.1),
    handBack: some(0.02, 0.1),
    poison: some(0, 0, 0.01),
    straggle: some(0.05),
    cancel: some(0, 0.1),
    resultLost: some(0.1, 0.3),
    sinkFailed: some(0.1),
  };
}
