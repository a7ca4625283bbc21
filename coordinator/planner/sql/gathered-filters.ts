import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, isNode, onlyStatement, rewrite, textsOf } from '../../../shared/sql/ast.ts';
import type { Dialect } from '../dialect.ts';
import { isVolatile } from '../expressions/volatile.ts';
import { conjunctsOf } from './lower/conjuncts.ts';
import type { TableReference } from './table-references.ts';

/** A table of a question, with its columns. */
interface Table {
  readonly reference: TableReference;
  readonly schema: Schema;
}

/**
 * Conditions of the WHERE of a question that runs in one task which speak of a single table of its FROM: rows that do not
 * meet them need not come to that task. The question asks them all the same.
 *
 * Only where FROM is that table, or joins it to others by inner joins: else a row that is left out might be missed.
 */
export function gatheredFilters(
  tree: AstNode,
  tables: readonly Table[],
  dialect: Dialect,
): ReadonlyMap<TableReference, readonly AstNode[]> {
  const query = onlyStatement(tree);
  const none = new Map<TableReference, readonly AstNode[]>();
  if (query?.type !== 'SELECT_NODE' || isNode(query.sample) || !isNode(query.where_clause)) return none;
  const from = isNode(query.from_table) ? tablesOf(query.from_table, tables) : undefined;
  if (from === undefined) return none;
  const trees = conjunctsOf(query.where_clause).filter((each) => isPlain(each, dialect));
  const filters = new Map(from.map((table) => [table.reference, conditionsOn(table, from, trees)]));
  return new Map([...filters].filter(([, conditions]) => conditions.length > 0));
}

/** The tables of inner joins; nothing where FROM holds anything else. */
function tablesOf(from: AstNode, tables: readonly Table[]): readonly Table[] | undefined {
  if (from.type !== 'JOIN') {
    const own = tables.find(({ reference }) => reference.node === from);
    const isRenamed = textsOf(from.column_name_alias).length > 0;
    return own === undefined || isRenamed || isNode(from.sample) ? undefined : [own];
  }
  const { left, right, join_type: type, ref_type: kind } = from;
  const isInner = type === 'INNER' && (kind === 'REGULAR' || kind === 'CROSS' || kind === 'NATURAL');
  if (!isInner || !isNode(left) || !isNode(right)) return undefined;
  const [before, behind] = [tablesOf(left, tables), tablesOf(right, tables)];
  return before === undefined || behind === undefined ? undefined : [...before, ...behind];
}

const isPlain = (tree: AstNode, dialect: Dialect): boolean =>
  find(tree, ({ class: kind }) => kind === 'SUBQUERY' || kind === 'STAR' || kind === 'WINDOW' || kind === 'LAMBDA')
    .length === 0 && !isVolatile(dialect, tree);

/** Those whose columns are all of this table, and of no other of FROM, without its name before them. */
function conditionsOn(table: Table, from: readonly Table[], trees: readonly AstNode[]): readonly AstNode[] {
  return trees.flatMap((tree) => {
    const columns = find(tree, ({ class: kind }) => kind === 'COLUMN_REF');
    const own = columns.map((column) => ownName(textsOf(column.column_names), table, from));
    if (own.length === 0 || own.some((name) => name === undefined)) return [];
    const nameOf = new Map(columns.map((column, i) => [column, own[i] ?? '']));
    return [
      rewrite(tree, (node) => (nameOf.has(node) ? { ...node, column_names: [nameOf.get(node) ?? ''] } : undefined)),
    ];
  });
}

/** The column's name, if it means one of this table. */
function ownName(parts: readonly string[], table: Table, from: readonly Table[]): string | undefined {
  const [first = '', second, ...more] = parts;
  if (more.length > 0) return undefined;
  const holders = from.filter(({ schema }) => has(schema, first));
  if (second === undefined) return holders.length === 1 && holders[0] === table ? first : undefined;
  const isField = holders.length > 0; // `a.b` may be a field of the column a
  const named = from.filter(({ reference }) => reference.alias.toLowerCase() === first.toLowerCase());
  return !isField && named.length === 1 && named[0] === table && has(table.schema, second) ? second : undefined;
}

const has = (schema: Schema, wanted: string): boolean =>
  schema.some(({ name }) => name.toLowerCase() === wanted.toLowerCase());
