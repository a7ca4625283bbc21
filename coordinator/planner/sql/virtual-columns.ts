import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, textsOf } from '../../../shared/sql/ast.ts';
import type { Relations, TableReference } from './table-references.ts';

/** Columns that DuckDB's readers of files have beside those of the files; `SELECT *` leaves them out. */
const names = new Set(['filename', 'file_row_number', 'file_index']);

/** A column that only DuckDB's own readers have, where the question asks for one and means no other by the name. */
export function virtualColumn(tree: AstNode, schemas: readonly Schema[]): string | undefined {
  const asked = columnsIn(tree);
  const aliases = find(tree, ({ alias }) => typeof alias === 'string' && alias !== '');
  // `filename = true` of a reader: then the column is its own.
  const given = find(tree, ({ type }) => type === 'TABLE_FUNCTION').flatMap(columnsIn);
  const taken = new Set([
    ...given,
    ...schemas.flat().map(({ name }) => name.toLowerCase()),
    ...aliases.map(({ alias }) => String(alias).toLowerCase()),
  ]);
  return asked.find((name) => names.has(name) && !taken.has(name));
}

const columnsIn = (tree: AstNode): string[] =>
  find(tree, ({ class: kind }) => kind === 'COLUMN_REF').map(
    ({ column_names: parts }) => textsOf(parts).at(-1)?.toLowerCase() ?? '',
  );

/** A file that the text names, and that DuckDB can read itself where the task runs. */
export const isOwnFile = ({ plan, node }: TableReference, relations: Relations): boolean =>
  plan.kind === 'scan' &&
  plan.format !== 'arrow' &&
  !relations.has(String(node.table_name ?? '').toLowerCase()) &&
  !plan.paths.some((path) => path.startsWith('s3://'));
