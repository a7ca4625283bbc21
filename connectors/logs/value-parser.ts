import type { Schema } from '../../shared/schema.ts';
import type { AnyColumn } from '../rows/columns.ts';
import { type ValueColumn, type ValueType, valueColumn } from '../rows/values.ts';
import type { LineParser } from './line-parser.ts';

/** The values of a line by column name; text that says why the line has none. */
export type ValuesOfLine = (text: string) => Readonly<Record<string, unknown>> | string;

/** Lines whose values come as JavaScript's: slower than bytes, for formats that only their user knows. */
export class ValueParser implements LineParser {
  readonly columns: readonly (AnyColumn | undefined)[];
  readonly #values: ValuesOfLine;
  readonly #wanted: readonly { readonly name: string; readonly type: string; readonly to: ValueColumn }[];

  /** @param wanted names of the columns that are asked for */
  constructor(schema: Schema, values: ValuesOfLine, wanted: ReadonlySet<string>, rowsMax: number) {
    const columns = schema.map(({ name, type }) => ({
      name,
      type,
      to: wanted.has(name) ? valueColumn(type as ValueType, rowsMax) : undefined,
    }));
    this.columns = columns.map(({ to }) => to?.column);
    this.#wanted = columns.flatMap(({ to, ...column }) => (to === undefined ? [] : [{ ...column, to }]));
    this.#values = values;
  }

  /** Everything is converted before anything is appended. */
  parse(line: Uint8Array, from: number, to: number): string | undefined {
    const values = this.#values(Buffer.from(line.buffer, line.byteOffset + from, to - from).toString('utf8'));
    if (typeof values === 'string') return values;
    const converted: unknown[] = [];
    for (const { name, type, to } of this.#wanted) {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      const made = value === null || value === undefined ? null : to.convert(value);
      if (made === undefined) return `its ${name} is no ${type}: ${String(value).slice(0, 100)}`;
      converted.push(made);
    }
    for (const [i, { to }] of this.#wanted.entries()) {
      if (converted[i] === null) to.column.appendNull();
      else to.append(converted[i]);
    }
    return undefined;
  }

  appendNulls(): void {
    for (const { to } of this.#wanted) to.column.appendNull();
  }
}

/** One JSON object a line. */
export const jsonValues: ValuesOfLine = (text) => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    return 'it is no JSON object';
  } catch {
    return 'it is not JSON'; // The line stands beside the reason.
  }
};

/** The named groups of a regular expression that must match from the line's beginning. */
export function patternValues(pattern: string, flags: string): ValuesOfLine {
  const expression = new RegExp(pattern, flags.replaceAll(/[gy]/g, ''));
  return (text) => expression.exec(text)?.groups ?? 'it does not match the pattern';
}
