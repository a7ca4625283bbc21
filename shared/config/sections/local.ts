import { bytes, GiB, milliseconds, type Section } from '../setting.ts';

/** Limits of processes: how they start and stop. */
export const localSettings = {
  localWideBytesMax: bytes(16 * GiB, {
    min: 0,
    max: 1024 * GiB,
    doc: 'What `wideBytesMax` is at least in an embedded cluster, unless that is 0: its workers share one machine, so that spreading a question over them gains nothing.',
  }),
  localStartLimitMs: milliseconds(60_000, {
    min: 1000,
    max: 3_600_000,
    doc: 'How long a process of an embedded cluster may take to start before the cluster is given up.',
  }),
  localStopLimitMs: milliseconds(5_000, {
    min: 100,
    max: 600_000,
    doc: 'How long a process of an embedded cluster may take to stop before it is killed.',
  }),
  signalRepeatMs: milliseconds(1000, {
    min: 0,
    max: 60_000,
    doc: 'A second Ctrl-C or SIGTERM within this time counts as the first: npm passes on what the terminal has told everyone already. A later one ends the process without waiting for anything.',
  }),
} as const satisfies Section;
