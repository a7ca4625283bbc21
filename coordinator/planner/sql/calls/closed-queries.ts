import { type AstNode, type AstValue, isNode, nodesOf } from '../../../../shared/sql/ast.ts';
import { hasCall, type SqlFunctions } from '../../functions/calls.ts';
import { type CommonTables, withCommonTables } from '../lower/common-tables.ts';

/** Takes a query that stands alone out of the question and says what stands for it; nothing if it cannot. */
export type TakeOut = (query: AstNode, tables: CommonTables) => AstNode | undefined;

/**
 * The tree in which queries that hold calls are taken out as far as they stand alone, outer ones first: subqueries, sides of
 * UNION, WITH clauses.
 */
export class ClosedQueries {
  readonly #functions: SqlFunctions;
  readonly #takeOut: TakeOut;

  constructor(functions: SqlFunctions, takeOut: TakeOut) {
    this.#functions = functions;
    this.#takeOut = takeOut;
  }

  /** What is inside of a query. */
  inside(query: AstNode, tables: CommonTables): AstNode {
    const clause = query.cte_map;
    const known = new Map(tables);
    const map = (isNode(clause) ? nodesOf(clause.map) : []).map((entry) => {
      const own = this.#commonTable(entry, known);
      for (const [name, table] of withCommonTables({ cte_map: { map: [own] } }, known)) known.set(name, table);
      return own;
    });
    const rest = Object.entries(query).map(([key, value]) => [
      key,
      key === 'cte_map' && isNode(clause) ? { ...clause, map } : this.#value(value, known),
    ]);
    return Object.fromEntries(rest) as AstNode;
  }

  #commonTable(entry: AstNode, tables: CommonTables): AstNode {
    const { value } = entry;
    if (!isNode(value) || !isNode(value.query) || !isNode(value.query.node)) return entry;
    return { ...entry, value: { ...value, query: { ...value.query, node: this.#query(value.query.node, tables) } } };
  }

  #value(value: AstValue, tables: CommonTables): AstValue {
    if (Array.isArray(value)) return value.map((item: AstValue) => this.#value(item, tables));
    if (!isNode(value) || !hasCall(value, this.#functions)) return value;
    if (typeof value.type === 'string' && value.type.endsWith('_NODE')) return this.#query(value, tables);
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, this.#value(child, tables)]));
  }

  #query(query: AstNode, tables: CommonTables): AstNode {
    if (!hasCall(query, this.#functions)) return query;
    return this.#takeOut(query, tables) ?? this.inside(query, tables);
  }
}
