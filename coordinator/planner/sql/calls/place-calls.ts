import type { PlanNode, PlanOf } from '../../../../shared/plan/node.ts';
import { type AstNode, find, isNode, meaning, nodesOf, onlyStatement, tableNamed } from '../../../../shared/sql/ast.ts';
import { isVolatile } from '../../expressions/volatile.ts';
import { functionOf, functionsByName, hasCall, type SqlFunctions } from '../../functions/calls.ts';
import { refuseCollated } from '../lower/collated.ts';
import { type CommonTable, type CommonTables, withCommonTables } from '../lower/common-tables.ts';
import { NotDistributed, simply } from '../lower/names/names.ts';
import type { Lowering } from '../lower/types.ts';
import { aggregatesBeside } from './apart/aggregates-beside.ts';
import type { Apart } from './apart/apart.ts';
import { argumentsOut } from './apart/arguments-out.ts';
import { groupsOut } from './apart/groups-out.ts';
import { modifiersOut } from './apart/modifiers-out.ts';
import { rowsOut } from './apart/rows-out.ts';
import { setsOut } from './apart/sets-out.ts';
import { windowsOut } from './apart/windows-out.ts';
import { callsAbove } from './calls-above.ts';
import { callsBelow } from './calls-below.ts';
import { ClosedQueries } from './closed-queries.ts';

/** A question that no longer calls functions where it is gathered; or the call for which no place was found. */
export type Placed = { readonly plan: PlanNode } | { readonly call: AstNode };

/**
 * Takes the calls of functions out of a question that runs in one task: queries in it that hold calls and stand alone become
 * relations of their own, calls over the columns of one table become columns of a relation in its place, calls in
 * the SELECT list are made of what the rest yields.
 */
export const placeCalls = (query: AstNode, lowering: Lowering): Placed => new CallPlacing(lowering).place(query);

/**
 * A question that calls functions as one over a relation, which holds a part of it: its rows, then its groups, then what windows are
 * computed of. Both are questions of their own, and most often distributed ones.
 *
 * @returns nothing where it cannot be made smaller like this
 */
export const takenApart = (query: AstNode, lowering: Lowering): PlanNode | undefined =>
  new CallPlacing(lowering).apart(query);

class CallPlacing {
  readonly #lowering: Lowering;
  readonly #functions: SqlFunctions;
  /** Queries that were taken out, by the tables that they may use and what they say. */
  readonly #taken = new Map<CommonTables, Map<string, string>>();

  constructor(lowering: Lowering) {
    this.#lowering = lowering;
    this.#functions = functionsByName(lowering.functions);
  }

  place(query: AstNode): Placed {
    const below = this.#below(this.#withoutClosed(query), new Map());
    if (!this.#calls(below)) return { plan: this.#sql(below) };
    const above = callsAbove(below, this.#functions, this.#lowering);
    if (above === undefined) return { call: this.#callIn(below) };
    const inner = this.#lowering.relate(this.#sql(above.inner));
    const select = onlyStatement(this.#lowering.context.dialect.parse('SELECT 1')) ?? {};
    const outer = { ...select, from_table: tableNamed(inner), select_list: above.list, modifiers: above.modifiers };
    return { plan: { ...this.#sql(outer), functions: this.#lowering.functions } };
  }

  apart(query: AstNode): PlanNode | undefined {
    const open = this.#withoutClosed(query);
    if (!this.#calls(open)) return undefined;
    const apart: Apart = {
      functions: this.#functions,
      lowering: this.#lowering,
      tables: withCommonTables(open, new Map()),
      relate: (part, tables) => this.#nameOf(part, tables),
      relateOnce: (part, tables) => this.#lowering.relate(this.#lowering.shared(this.#lowering.alone(part, tables))),
    };
    for (const step of [modifiersOut, rowsOut, setsOut, groupsOut, aggregatesBeside, argumentsOut, windowsOut]) {
      const tried = simply(() => step(open, apart));
      const smaller = 'value' in tried ? tried.value : undefined;
      if (smaller !== undefined) return { ...this.#sql(smaller), functions: this.#lowering.functions };
    }
    return undefined;
  }

  #withoutClosed(query: AstNode): AstNode {
    const closed = new ClosedQueries(this.#functions, (part, tables) => this.#query(part, tables));
    return closed.inside(query, new Map());
  }

  #calls(tree: AstNode): boolean {
    return hasCall(tree, this.#functions);
  }

  #callIn(tree: AstNode): AstNode {
    return find(tree, (node) => functionOf(node, this.#functions) !== undefined)[0] ?? {};
  }

  #below(query: AstNode, tables: CommonTables): AstNode {
    if (!this.#calls(query)) return query;
    const clause = query.cte_map;
    const entries = isNode(clause) ? nodesOf(clause.map).map((entry) => this.#recursive(entry, query, tables)) : [];
    const known = isNode(clause) ? { ...query, cte_map: { ...clause, map: entries } } : query;
    try {
      return callsBelow(known, tables, {
        functions: this.#functions,
        lowering: this.#lowering,
        takeOut: (select, around, alias) => this.#takeOut(select, around, alias),
      });
    } catch (thrown) {
      if (thrown instanceof NotDistributed) return known;
      throw thrown;
    }
  }

  /** In the part that a recursive table repeats, what is beside that table stands alone. */
  #recursive(entry: AstNode, around: AstNode, tables: CommonTables): AstNode {
    const { value } = entry;
    const query = isNode(value) && isNode(value.query) ? value.query : {};
    const node = isNode(query.node) ? query.node : {};
    if (node.type !== 'RECURSIVE_CTE_NODE' || !isNode(node.left) || !isNode(node.right) || !isNode(value)) return entry;
    const known = new Map(withCommonTables(around, tables));
    const name = String(entry.key).toLowerCase();
    const own: CommonTable = { name, query: node.left, entry, aliases: aliasesOf(value), tables: known, isOpen: true };
    const right = this.#below(node.right, known.set(name, own));
    return { ...entry, value: { ...value, query: { ...query, node: { ...node, right } } } };
  }

  /** A query that stands alone, as a SELECT of all of its rows. */
  #query(query: AstNode, tables: CommonTables): AstNode | undefined {
    const from = this.#takeOut(query, tables, '');
    const all = onlyStatement(this.#lowering.context.dialect.parse('SELECT * FROM t'));
    return from && all && { ...all, from_table: from };
  }

  #takeOut(query: AstNode, tables: CommonTables, alias: string): AstNode | undefined {
    try {
      refuseCollated(query, tables);
      return tableNamed(this.#nameOf(query, tables), alias);
    } catch (thrown) {
      if (thrown instanceof NotDistributed) return undefined;
      throw thrown;
    }
  }

  /** Equal queries are one relation: what holds them may be a key of groups. */
  #nameOf(query: AstNode, tables: CommonTables): string {
    const known = this.#taken.get(tables) ?? new Map<string, string>();
    const said = meaning(query);
    const before = known.get(said);
    if (before !== undefined) return before;
    const plan = this.#lowering.alone(query, tables);
    this.#lowering.schemaOf(plan);
    const name = this.#lowering.relate(plan);
    if (!this.#isVolatile(query)) this.#taken.set(tables, known.set(said, name));
    return name;
  }

  #isVolatile(query: AstNode): boolean {
    const isImpure = (node: AstNode): boolean => functionOf(node, this.#functions)?.deterministic === false;
    return isVolatile(this.#lowering.context.dialect, query) || find(query, isImpure).length > 0;
  }

  #sql(query: AstNode): PlanOf<'sql'> {
    const text = this.#lowering.context.dialect.print({ error: false, statements: [{ node: query }] });
    return { kind: 'sql', text, relations: [...this.#lowering.relations.values()] };
  }
}

const aliasesOf = ({ aliases }: AstNode): string[] => (Array.isArray(aliases) ? aliases.map(String) : []);
