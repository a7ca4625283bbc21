import { SheafError } from '../shared/errors.ts';

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time: a number with its unit, for example `90s`, `15m`, `2h`, `1d`. */
export type Duration = `${number}${keyof typeof unitsMs}`;

/** @throws SheafError `PIPELINE_INVALID` if the text is none */
export function durationMs(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text) ?? [];
  if (number !== undefined && unit !== undefined) return Number(number) * unitsMs[unit as keyof typeof unitsMs];
  throw new SheafError('PIPELINE_INVALID', `"${text}" is no length of time`, {
    next: 'Write a number and a unit: 500ms, 90s, 15m, 2h or 1d.',
  });
}
