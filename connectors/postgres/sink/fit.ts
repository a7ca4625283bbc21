import type { Target, TargetColumn } from './target.ts';

/** An incoming column, with the PostgreSQL type that holds all of its values. */
export interface StagedColumn {
  readonly name: string;
  readonly type: string;
}

/** An incoming column, and where it goes. */
export interface Placed {
  readonly staged: StagedColumn;
  /** Absent: the table has no such column. */
  readonly target?: TargetColumn;
  /**
   * `same`: one type. `wider`: all values fit. `narrow`: some may not, and `widened` would hold them. `converted`: by a
   * cast that may fail.
   */
  readonly fit: 'same' | 'wider' | 'narrow' | 'converted' | 'impossible' | 'missing';
  readonly widened?: string;
}

/** Places each column; letters' case decides only between several. Pure. */
export function placeColumns(staged: readonly StagedColumn[], target: Target): Placed[] {
  return staged.map((column) => {
    const found =
      target.columns.find(({ name }) => name === column.name) ??
      only(target.columns.filter(({ name }) => name.toLowerCase() === column.name.toLowerCase()));
    if (found === undefined) return { staged: column, fit: 'missing' };
    const fit = fitOf(column.type, found);
    const widened = fit === 'narrow' ? widenedType(column.type, found.type) : undefined;
    return { staged: column, target: found, fit, ...(widened === undefined ? {} : { widened }) };
  });
}

const only = <T>(items: readonly T[]): T | undefined => (items.length === 1 ? items[0] : undefined);

/** Columns that need a value, but get none from the load. */
export const unfilled = (placed: readonly Placed[], target: Target): TargetColumn[] =>
  target.columns.filter(
    (column) => column.isNotNull && !column.hasDefault && placed.every((one) => one.target?.name !== column.name),
  );

function fitOf(from: string, { type: to, isEnum }: TargetColumn): Placed['fit'] {
  if (from === to) return 'same';
  const [source, target] = [taken(from), taken(to)];
  if (target.base === 'text' || (target.base === 'varchar' && target.numbers.length === 0)) {
    return source.base === 'text' ? 'same' : 'wider';
  }
  if (isEnum) return source.base === 'text' ? 'narrow' : 'impossible';
  if (source.base === 'text') return /^(varchar|char)$/.test(target.base) ? 'narrow' : 'converted';
  if (isNumber(source) && isNumber(target)) return holds(target, source) ? 'wider' : 'narrow';
  if (isMoment(source) && isMoment(target)) return target.base === 'date' ? 'narrow' : 'wider';
  if (/^jsonb?$/.test(source.base) && /^jsonb?$/.test(target.base)) return 'wider';
  if (source.base === target.base) return target.numbers.length === 0 ? 'wider' : 'narrow';
  return from.endsWith('[]') && to.endsWith('[]') ? 'converted' : 'impossible';
}

interface Taken {
  readonly base: string;
  readonly numbers: readonly number[];
}

/** `numeric(18,3)` in parts. */
function taken(type: string): Taken {
  const [, base = type, numbers = ''] = /^([^(]*)(?:\(([\d,-]+)\))?$/.exec(type) ?? [];
  return { base, numbers: numbers === '' ? [] : numbers.split(',').map(Number) };
}

const integerDigits: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 };
const isInteger = ({ base }: Taken): boolean => integerDigits[base] !== undefined;
const isFloat = ({ base }: Taken): boolean => base === 'real' || base === 'double precision';
const isNumber = (type: Taken): boolean => isInteger(type) || isFloat(type) || type.base === 'numeric';
const isMoment = ({ base }: Taken): boolean => /^(date|timestamp|timestamptz)$/.test(base);

/** Digits before and after the point. */
function digitsOf({ base, numbers }: Taken): { whole: number; scale: number } {
  if (base !== 'numeric')
    return {
      whole: integerDigits[base] ?? Number.POSITIVE_INFINITY,
      scale: isFloat({ base, numbers }) ? Number.POSITIVE_INFINITY : 0,
    };
  const [precision, scale = 0] = numbers;
  return precision === undefined
    ? { whole: Number.POSITIVE_INFINITY, scale: Number.POSITIVE_INFINITY }
    : { whole: precision - scale, scale };
}

/** Whether every value of `from` is one of `to`. */
function holds(to: Taken, from: Taken): boolean {
  if (isFloat(to)) {
    return isFloat(from)
      ? to.base === 'double precision' || from.base === 'real'
      : digitsOf(from).whole + digitsOf(from).scale <= (to.base === 'real' ? 6 : 15);
  }
  const [a, b] = [digitsOf(from), digitsOf(to)];
  return a.whole <= b.whole && a.scale <= b.scale && !(isInteger(to) && isFloat(from));
}

/** The type that holds the values of both; undefined if none is sure to. */
function widenedType(from: string, to: string): string | undefined {
  const [source, target] = [taken(from), taken(to)];
  if (/^(varchar|char)$/.test(target.base)) return 'text';
  if (isMoment(source) && target.base === 'date') return source.base;
  if (!isNumber(source) || !isNumber(target)) return undefined;
  if (isFloat(source) && target.base === 'numeric') return 'numeric'; // What is exact stays exact.
  if (holds(source, target)) return from;
  if (isFloat(source) || isFloat(target)) return 'numeric';
  const [a, b] = [digitsOf(source), digitsOf(target)];
  const scale = Math.max(a.scale, b.scale);
  const precision = Math.max(a.whole, b.whole) + scale;
  return Number.isFinite(precision) && precision <= 1000 ? `numeric(${precision},${scale})` : 'numeric';
}
