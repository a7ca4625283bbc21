import { milliseconds, type Section } from '../setting.ts';

/** Limits of the embedded cluster's processes. */
export const localSettings = {
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
} as const satisfies Section;
