import { type AstNode, find, isNode, nodesOf } from '../../../../shared/sql/ast.ts';
import type { PlanContext } from '../../context.ts';
import { isVolatile } from '../../expressions/volatile.ts';
import type { CommonTable } from './common-tables.ts';
import { NotDistributed } from './names/names.ts';

/** Common tables that a query speaks of, also by way of others, in their order. */
export function mentioned(query: AstNode, tables: readonly CommonTable[]): CommonTable[] {
  const names = tableNames(query);
  for (let size = -1; size !== names.size; ) {
    size = names.size;
    for (const table of tables) {
      if (names.has(table.name)) for (const name of tableNames(table.query)) names.add(name);
    }
  }
  return tables.filter(({ name }) => names.has(name));
}

/** Names, in lower case, of tables that the question reads more than once, or that one which it does reads. */
export function readAgain(tree: AstNode): ReadonlySet<string> {
  const counts = Map.groupBy(mentions(tree), (name) => name);
  const again = new Set([...counts].filter(([, { length }]) => length > 1).map(([name]) => name));
  const entries = entriesOf(tree);
  for (let size = -1; size !== again.size; ) {
    size = again.size;
    for (const entry of entries) if (again.has(nameOf(entry))) for (const name of tableNames(entry)) again.add(name);
  }
  return again;
}

/**
 * A common table may be run at each mention: one that may have other rows each time must not be.
 *
 * @throws NotDistributed
 */
export function refuseUnstable(tree: AstNode, context: PlanContext): void {
  const entries = entriesOf(tree);
  const named = mentions(tree);
  const isAgain = (name: string): boolean => named.filter((mention) => mention === name).length > 1;
  if (!entries.some((entry) => isAgain(nameOf(entry))) || !entries.some((entry) => mayDiffer(entry, context))) return;
  throw new NotDistributed('it reads a WITH clause more than once that may have other rows each time');
}

/** Whether a query may have other rows each time. */
export const mayDiffer = (query: AstNode, { dialect }: PlanContext): boolean =>
  isVolatile(dialect, query) || find(query, ({ type, sample }) => limits.has(type) || sample != null).length > 0;

const limits: ReadonlySet<unknown> = new Set(['LIMIT_MODIFIER', 'LIMIT_PERCENT_MODIFIER']);

/** The entries of all WITH clauses. */
const entriesOf = (tree: AstNode): AstNode[] =>
  find(tree, (node) => isNode(node.cte_map)).flatMap(({ cte_map }) => nodesOf((cte_map as AstNode).map));

const nameOf = ({ key }: AstNode): string => String(key).toLowerCase();

const tableNames = (tree: AstNode): Set<string> => new Set(mentions(tree));

const mentions = (tree: AstNode): string[] =>
  find(tree, ({ type }) => type === 'BASE_TABLE').map(({ table_name }) => String(table_name).toLowerCase());
