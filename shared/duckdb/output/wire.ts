import { Field, Schema } from 'apache-arrow';
import { typeKey } from '../../arrow/fields.ts';
import { SheafError } from '../../errors.ts';
import { quotedName } from '../../sql/text.ts';
import { asSubquery } from '../logical-type.ts';
import type { Address } from '../native/library.ts';
import { Prepared, type PreparedColumn } from '../prepared.ts';

/**
 * Prepares a statement so that every column has a form in Arrow without dictionaries: an ENUM is cast to its values, an
 * aggregate state to BLOB, nested ones too.
 *
 * @throws SheafError `NOT_SUPPORTED` naming a column that has none
 */
export function prepareForWire(connection: { idle(): Address }, sql: string): [Prepared, readonly PreparedColumn[]] {
  using scope = new DisposableStack();
  const statement = scope.use(Prepared.of(connection, sql));
  const columns = statement.wireColumns;
  columns.forEach(refuse);
  if (columns.some(needsWrapping)) return [Prepared.of(connection, castSql(sql, columns)), columns];
  scope.move();
  return [statement, columns];
}

function castSql(sql: string, columns: readonly PreparedColumn[]): string {
  const names = columns.map((_, i) => `c${i}`);
  const casts = columns.map(({ name, type, wire }, i) => {
    const value = type === wire ? names[i] : `CAST(${names[i]} AS ${wire})`;
    return `${type === 'INTERVAL' ? boundedInterval(`${value}`) : value} AS ${quotedName(name)}`;
  });
  return `SELECT ${casts.join(', ')} FROM ${asSubquery(sql)} AS t(${names.join(', ')})`;
}

const needsWrapping = ({ type, wire }: PreparedColumn): boolean => type !== wire || type === 'INTERVAL';

/** Arrow counts an interval's time in nanoseconds, and DuckDB does not notice when they do not fit: 2,562,047 hours do. */
const boundedInterval = (value: string): string =>
  `CASE WHEN abs(date_part('hour', ${value})) > 2562046 THEN error('Arrow has no interval of more than 2,562,046 hours; use days') ELSE ${value} END`;

function refuse({ name, wire }: PreparedColumn): void {
  if (!/\bVARIANT\b/.test(wire.replace(/"(?:[^"]|"")*"/g, ''))) return;
  throw new SheafError('NOT_SUPPORTED', `Column ${quotedName(name)} of type ${wire} has no form in Arrow`, {
    next: `Cast it, for example to JSON: CAST(${quotedName(name)} AS JSON).`,
  });
}

/** The first fields of the schema, one for each column, with the DuckDB types of those that travel as another type. */
export const withTypes = (schema: Schema, columns: readonly PreparedColumn[]): Schema =>
  new Schema(
    schema.fields.slice(0, columns.length).map((field, i) => {
      const { type, wire } = columns[i] ?? {};
      if (type === undefined || type === wire) return field;
      return new Field(field.name, field.type, field.nullable, new Map([...field.metadata, [typeKey, type]]));
    }),
  );
