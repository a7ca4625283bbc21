import type { accessLogColumns, LogFormat } from '../connectors/logs/format.ts';
import { type ValueType, valueTypes } from '../connectors/rows/values.ts';
import { SheafError } from '../shared/errors.ts';
import type { SchemaSpec } from '../shared/schema.ts';

declare const schemaKey: unique symbol;

/** How lines of text are read: made by `accessLog`, `jsonLines` and `linePattern`. */
export interface LineFormat<out S extends SchemaSpec = SchemaSpec> {
  readonly [schemaKey]?: S;
  readonly format: LogFormat;
}

type SchemaOfColumns<Columns extends readonly { readonly name: string; readonly type: string }[]> = {
  readonly [Column in Columns[number] as Column['name']]: Column['type'];
};
type AccessLogSchema = SchemaOfColumns<typeof accessLogColumns>;

/** Types that columns of lines may have. */
export type LineSchema = Readonly<Record<string, ValueType | Lowercase<ValueType>>>;

/**
 * The common and combined formats of Apache and nginx: host, ident, user, time, method, path, protocol, status, bytes,
 * referer, agent.
 */
export const accessLog = (): LineFormat<AccessLogSchema> => ({ format: { kind: 'access' } });

/**
 * One JSON object a line. What is nested is kept as JSON text, to be taken apart in SQL.
 *
 * @example `jsonLines({ at: 'timestamp', level: 'varchar', ms: 'double' })`
 */
export const jsonLines = <const S extends LineSchema>(schema: S): LineFormat<S> => ({
  format: { kind: 'json', columns: columnsOf(schema) },
});

/**
 * Lines that match a regular expression: its named groups are the columns, VARCHAR unless a type is given.
 *
 * @example ``linePattern(/^(?<at>\S+) (?<level>[A-Z]+) (?<message>.*)$/, { at: 'timestamp' })``
 */
export function linePattern<const S extends LineSchema>(pattern: RegExp, types?: S): LineFormat {
  const names = [...pattern.source.matchAll(/\(\?<([A-Za-z_]\w*)>/g)].map(([, name]) => name ?? '');
  if (names.length === 0)
    throw invalid('The pattern has no named groups', 'Name what is to be a column: (?<host>\\S+).');
  const given: LineSchema = types ?? {};
  const strange = Object.keys(given).find((name) => !names.includes(name));
  if (strange !== undefined)
    throw invalid(`The pattern has no group ${strange}`, `Its groups are: ${names.join(', ')}.`);
  const columns = columnsOf(Object.fromEntries(names.map((name) => [name, given[name] ?? 'VARCHAR'])) as LineSchema);
  return { format: { kind: 'pattern', pattern: pattern.source, flags: pattern.flags, columns } };
}

function columnsOf(schema: LineSchema): readonly { readonly name: string; readonly type: ValueType }[] {
  return Object.entries(schema).map(([name, text]) => {
    const type = valueTypes.find((each) => each === text.toUpperCase());
    if (type !== undefined) return { name, type };
    throw invalid(
      `A line has no column of the type ${text}, as ${name} is to be`,
      `Read it as one of ${valueTypes.join(', ')}, and cast it in SQL.`,
    );
  });
}

const invalid = (message: string, next: string): SheafError => new SheafError('PIPELINE_INVALID', message, { next });
