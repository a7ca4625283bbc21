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

/** 2^10 bytes. */
export const KiB = 1024;
/** 2^20 bytes. */
export const MiB = 1024 * KiB;
/** 2^30 bytes. */
export const GiB = 1024 * MiB;

/** A setting in milliseconds. */
export const milliseconds = (value: number, row: Row): Setting => ({ default: value, unit: 'ms', ...row });
/** A setting in bytes. */
export const bytes = (value: number, row: Row): Setting => ({ default: value, unit: 'bytes', ...row });
/** A setting that counts things. */
export const count = (value: number, row: Row): Setting => ({ default: value, unit: 'count', ...row });
/** A setting in percent. */
export const percent = (value: number, row: Row): Setting => ({ default: value, unit: 'percent', ...row });

/** A group of settings under one heading of the reference. Names are unique over all sections, units last. */
export type Section = Readonly<Record<string, Setting>>;
