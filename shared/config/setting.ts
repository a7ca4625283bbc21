/** One row of the configuration table: a number with a name, a default, a unit, limits and a reason. */
export interface Setting {
  readonly default: number;
  readonly unit: 'ms' | 'bytes' | 'count' | 'percent';
  readonly min: number;
  readonly max: number;
  /** One or two sentences for the reference: what it bounds, and why this default. */
  readonly doc: string;
}

type Row = Omit<Setting, 'unit' | 'default'>;

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

export const milliseconds = (value: number, row: Row): Setting => ({ default: value, unit: 'ms', ...row });
export const bytes = (value: number, row: Row): Setting => ({ default: value, unit: 'bytes', ...row });
export const count = (value: number, row: Row): Setting => ({ default: value, unit: 'count', ...row });
export const percent = (value: number, row: Row): Setting => ({ default: value, unit: 'percent', ...row });

/** A group of settings under one heading of the reference. Names are unique over all sections, units last. */
export type Section = Readonly<Record<string, Setting>>;
