import { type AstNode, isNode, nodesOf, textsOf } from '../../../../shared/sql/ast.ts';

/** A query of a WITH clause, and the tables that it sees itself. */
export interface CommonTable {
  readonly name: string;
  readonly query: AstNode;
  /** The WITH clause's entry as it stands in the tree. */
  readonly entry: AstNode;
  readonly aliases: readonly string[];
  readonly tables: CommonTables;
  /** Its rows are not all there: it is the recursive table of the part that makes them. */
  readonly isOpen?: true;
}

/** By name in lower case. */
export type CommonTables = ReadonlyMap<string, CommonTable>;

/** With those of the query's own WITH clause: each sees those before it. */
export function withCommonTables(node: AstNode, tables: CommonTables): CommonTables {
  const known = new Map(tables);
  for (const entry of isNode(node.cte_map) ? nodesOf(node.cte_map.map) : []) {
    const value = isNode(entry.value) ? entry.value : {};
    const query = isNode(value.query) && isNode(value.query.node) ? value.query.node : {};
    const name = String(entry.key).toLowerCase();
    known.set(name, { name, query, entry, aliases: textsOf(value.aliases), tables: new Map(known) });
  }
  return known;
}
