import { SheafError } from '../../../shared/errors.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import type { Schema } from '../../../shared/schema.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import { nullOf } from '../../../shared/sql/type-text.ts';
import type { Dialect } from '../dialect.ts';
import { inOwnLines } from '../expressions/tree.ts';

/** A relation without rows, to resolve names and types against. */
export interface Relation {
  readonly name: string;
  readonly schema: Schema;
}

/**
 * Names and types of a SELECT over relations that have only columns.
 *
 * @param select its lines are the user's, so that DuckDB's caret points into the user's own text
 * @throws SheafError as DuckDB words it, its line numbers counted from the first line of `select`
 */
export function describeOver(dialect: Dialect, relations: readonly Relation[], select: string): Schema {
  const tables = relations.map(({ name, schema }) => `${quotedName(name)} AS (${emptyRelation(schema)})`).join(', ');
  try {
    return dialect.describe(`WITH ${tables}\n${select}`);
  } catch (thrown) {
    throw inOwnLines(SheafError.from(thrown));
  }
}

/** A SELECT with these columns and no rows. */
export const emptyRelation = (schema: Schema): string =>
  `SELECT ${schema.map(({ name, type }) => `${nullOf(type)} AS ${quotedName(name)}`).join(', ')} WHERE false`;

/** Names of a schema in lower case: DuckDB does not tell cases apart. */
export const columnNames = (schema: Schema): ReadonlySet<string> =>
  new Set(schema.map(({ name }) => name.toLowerCase()));

/** @param place for people: `filter "delya > 15"` */
export function unknownColumn(wanted: string, schema: Schema, place: string, cause?: unknown): SheafError {
  const names = [...new Set(schema.map(({ name }) => name))];
  const listed = names.length > listedMax ? [...names.slice(0, listedMax), '…'] : names;
  const next = [
    didYouMean(names, wanted),
    listed.length === 0 ? 'Check its spelling.' : `The columns here are: ${listed.join(', ')}.`,
  ]
    .filter(Boolean)
    .join(' ');
  return new SheafError('COLUMN_UNKNOWN', `There is no column "${wanted}" in ${place}`, { next, cause });
}

/** More columns than this are not listed in a message. */
const listedMax = 40;
