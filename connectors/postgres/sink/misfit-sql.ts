import { literal, quotedName } from '../../../shared/sql/text.ts';
import type { Placed } from './fit.ts';

/** SQL that yields why a row of a staging table `s` does not fit its target; null if it fits. */
export function misfitReason(placed: readonly Placed[], key: readonly string[]): string {
  const cases = placed
    .flatMap((one) => misfits(one, key))
    .map(([condition, reason]) => `WHEN ${condition} THEN ${literal(reason)}`);
  return cases.length === 0 ? 'NULL::text' : `(CASE ${cases.join(' ')} END)`;
}

type Misfit = readonly [condition: string, reason: string];

function misfits({ staged, target, fit }: Placed, key: readonly string[]): Misfit[] {
  const column = `s.${quotedName(staged.name)}`;
  const name = `column ${staged.name}`;
  if (target === undefined) return [[`${column} IS NOT NULL`, `${name}: the table has no such column`]];
  const found: Misfit[] = [];
  if (key.includes(staged.name)) found.push([`${column} IS NULL`, `${name}: null in the key`]);
  else if (target.isNotNull) found.push([`${column} IS NULL`, `${name}: null`]);
  if (fit !== 'narrow' && fit !== 'converted') return found;
  const fits = fit === 'narrow' ? narrowFits(column, target.type, target.isEnum) : castFits(column, target.type);
  return [...found, [`NOT (${fits})`, `${name}: the value does not fit ${target.type}`]];
}

const ranges: Readonly<Record<string, readonly [string, string]>> = {
  smallint: ['-32768', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
};

/** True or null where the value is one of the type, all digits kept. */
function narrowFits(column: string, type: string, isEnum: boolean): string {
  if (isEnum) return `${column} = ANY(enum_range(NULL::${type})::text[])`;
  const [, base = type, first, second = '0'] = /^([^(]*)(?:\((\d+)(?:,(\d+))?\))?$/.exec(type) ?? [];
  if (/^(varchar|char)$/.test(base)) return `char_length(${column}) <= ${first ?? 1}`;
  const range = ranges[base];
  if (range !== undefined)
    return `${column}::numeric BETWEEN ${range[0]} AND ${range[1]} AND ${column}::numeric = trunc(${column}::numeric)`;
  if (base === 'numeric' && first !== undefined) {
    const number = `${column}::numeric`;
    return `abs(${number}) < 1e${Number(first) - Number(second)} AND ${number} = round(${number}, ${second})`;
  }
  if (base === 'date') return `${column}::timestamp = date_trunc('day', ${column}::timestamp)`;
  return castFits(column, type);
}

const castFits = (column: string, type: string): string => `pg_temp.sheaf_fits(${column}::text, ${literal(type)})`;

/** Whether a text can be read as a type; for the session that moves rows under the contract `reject`. */
export const fitsFunction = `
  CREATE OR REPLACE FUNCTION pg_temp.sheaf_fits(value text, type text) RETURNS boolean LANGUAGE plpgsql AS $body$
  BEGIN
    IF value IS NOT NULL THEN EXECUTE format('SELECT %L::%s', value, type); END IF;
    RETURN true;
  EXCEPTION WHEN OTHERS THEN RETURN false;
  END $body$`;
