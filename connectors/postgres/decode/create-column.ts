import { SheafError } from '../../../shared/errors.ts';
import type { Column } from '../../../shared/schema.ts';
import { parseType, type TypeText } from '../../../shared/types/type-text.ts';
import { postgresTypeOf } from '../types/to-postgres.ts';
import type { CopyColumn } from './column.ts';
import * as fixed from './fixed-columns.ts';
import { NumericColumn } from './numeric-column.ts';
import { BytesColumn, ListColumn } from './variable-columns.ts';

/**
 * A builder for a column as `selectedType` sends it.
 *
 * @throws SheafError `PLAN_INVALID` for types that nothing of PostgreSQL is read as
 */
export function createColumn({ name, type }: Column): CopyColumn {
  const column = columnOf(parseType(type));
  if (column !== undefined) return column;
  throw new SheafError('PLAN_INVALID', `Column ${name} cannot be read from PostgreSQL as ${type}`, {
    next: 'Read it as VARCHAR, and cast it in the transformation.',
  });
}

/** The type of PostgreSQL that a column is cast to when it is read: mostly the one that it has. */
export const selectedType = ({ type }: Column): string => postgresTypeOf(type).replace(/^jsonb/, 'text');

function columnOf(type: TypeText): CopyColumn | undefined {
  if (type.kind === 'list') {
    const element = type.element.kind === 'plain' ? columnOf(type.element) : undefined;
    return element && new ListColumn(element);
  }
  if (type.kind !== 'plain') return undefined;
  const { name, parameters } = type;
  if (name !== 'DECIMAL') return columns[name]?.();
  return new NumericColumn(Number(parameters[0] ?? 18), Number(parameters[1] ?? (parameters[0] === undefined ? 3 : 0)));
}

const columns: Readonly<Record<string, () => CopyColumn>> = {
  BOOLEAN: () => new fixed.BooleanColumn(),
  SMALLINT: () => new fixed.Int16Column(),
  INTEGER: () => new fixed.Int32Column(),
  BIGINT: () => new fixed.Int64Column(),
  FLOAT: () => new fixed.Int32Column(),
  DOUBLE: () => new fixed.Int64Column(),
  VARCHAR: () => new BytesColumn(),
  JSON: () => new BytesColumn(),
  BLOB: () => new BytesColumn(),
  DATE: () => new fixed.DateColumn(),
  TIME: () => new fixed.Int64Column(),
  'TIME WITH TIME ZONE': () => new fixed.TimeTzColumn(),
  TIMETZ: () => new fixed.TimeTzColumn(),
  TIMESTAMP: () => new fixed.TimestampColumn(),
  'TIMESTAMP WITH TIME ZONE': () => new fixed.TimestampColumn(),
  TIMESTAMPTZ: () => new fixed.TimestampColumn(),
  INTERVAL: () => new fixed.IntervalColumn(),
  UUID: () => new fixed.UuidColumn(),
};
