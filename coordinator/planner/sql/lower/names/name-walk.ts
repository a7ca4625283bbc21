import { type AstNode, type AstValue, find, isNode, nodesOf, textsOf, walk } from '../../../../../shared/sql/ast.ts';
import { type CommonTables, withCommonTables } from '../common-tables.ts';
import { lowerRelation } from '../relation.ts';
import type { Lowering } from '../types.ts';
import { columnItems } from './column-patterns.ts';
import { itemName } from './item-name.ts';
import { joinedScope, joinTypes, sharedNames } from './join-scope.ts';
import { NotDistributed } from './names.ts';
import { type Relation, resolveName, type Scope, scopeOf } from './scope.ts';

/** Told of each name: the reference in the tree, what it means, and where that is. */
export type OnName = (reference: AstNode, meant: AstNode, scope: Scope) => void;

/** An entry of a FROM clause that is no join. */
export interface Entry {
  readonly node: AstNode;
  readonly tables: CommonTables;
}

/** What a SELECT's FROM clause makes known, and what its columns are called. */
export interface Known {
  readonly scope: Scope;
  readonly names: readonly string[];
}

/**
 * Looks up the names in a query without taking it apart: which of them are its own, and which are of the queries around.
 * Aliases of select items are neither.
 */
export class NameWalk {
  /** The entries of FROM clauses that relations are, and the common tables that are known there. */
  readonly entries = new Map<Relation, Entry>();
  /** What each SELECT's FROM clause makes known. */
  readonly scopes = new Map<AstNode, Scope>();
  readonly #lowering: Lowering;
  readonly #onName: OnName;

  /** @param lowering one on trial: it gives names that nothing else uses */
  constructor(lowering: Lowering, onName: OnName) {
    this.#lowering = lowering;
    this.#onName = onName;
  }

  /**
   * @param around what the queries around make known, the nearest first
   * @returns names of its columns
   * @throws NotDistributed
   */
  query(node: AstNode, tables: CommonTables, around: readonly Scope[]): readonly string[] {
    const own = withCommonTables(node, tables);
    if (node.type === 'SELECT_NODE') return this.select(node, own, around).names;
    if (node.type !== 'SET_OPERATION_NODE') throw new NotDistributed(`it is a ${String(node.type)}`);
    const children = nodesOf(node.children);
    const sides = children.length > 0 ? children : [node.left, node.right].filter(isNode);
    const [names = []] = sides.map((side) => this.query(side, own, around));
    return names;
  }

  /** @param tables also those of its own WITH clause */
  select(node: AstNode, tables: CommonTables, around: readonly Scope[]): Known {
    const { from_table: from, cte_map: _, ...clauses } = node;
    const scope = isNode(from) ? this.#from(from, tables, around) : nothing;
    this.scopes.set(node, scope);
    const list = nodesOf(node.select_list);
    const aliases = new Set(list.map(({ alias }) => String(alias ?? '').toLowerCase()));
    this.#names(clauses, { scopes: [scope, ...around], aliases, tables, hidden: new Set() });
    const { dialect } = this.#lowering.context;
    const items = columnItems(list, scope, dialect);
    return { scope, names: items.map(({ tree, name }) => String(tree.alias || name || itemName(tree, dialect))) };
  }

  #from(node: AstNode, tables: CommonTables, around: readonly Scope[]): Scope {
    if (node.type === 'JOIN') return this.#join(node, tables, around);
    const query = isNode(node.subquery) && isNode(node.subquery.node) ? node.subquery.node : undefined;
    if (node.type === 'EMPTY') return nothing;
    if (node.type !== 'SUBQUERY' || query === undefined) return this.#relation(node, tables, around);
    const renamed = textsOf(node.column_name_alias);
    const names = this.query(query, tables, around).map((name, i) => renamed[i] ?? name);
    return this.#known(String(node.alias ?? ''), names, { node, tables });
  }

  #join(node: AstNode, tables: CommonTables, around: readonly Scope[]): Scope {
    const { left, right, condition } = node;
    const l = isNode(left) ? this.#from(left, tables, around) : nothing;
    const r = isNode(right) ? this.#from(right, tables, [l, ...around]) : nothing;
    const both = joinedScope('inner', l, r, []);
    this.#names(condition, { scopes: [both, ...around], aliases: new Set(), tables, hidden: new Set() });
    const using = node.ref_type === 'NATURAL' ? sharedNames(l, r) : textsOf(node.using_columns);
    return joinedScope(joinTypes[String(node.join_type)] ?? 'inner', l, r, using);
  }

  #relation(node: AstNode, tables: CommonTables, around: readonly Scope[]): Scope {
    const name = String(node.table_name ?? '');
    const open = tables.get(name.toLowerCase());
    if (open?.isOpen) {
      const names = this.query(open.query, open.tables, []).map((own, i) => open.aliases[i] ?? own);
      return this.#known(String(node.alias || name), names, { node, tables });
    }
    try {
      const { relation } = lowerRelation(node, tables, this.#lowering);
      this.entries.set(relation, { node, tables });
      return scopeOf(relation);
    } catch (thrown) {
      if (!(thrown instanceof NotDistributed) || node.type !== 'TABLE_FUNCTION') throw thrown;
      this.#names(node.function, { scopes: around, aliases: new Set(), tables, hidden: new Set() });
      const own = isNode(node.function) ? String(node.function.function_name) : '';
      const [first, ...more] = textsOf(node.column_name_alias);
      return this.#known(String(node.alias || own), [first ?? String(node.alias || own), ...more], { node, tables });
    }
  }

  #known(alias: string, names: readonly string[], entry: Entry): Scope {
    const columns = names.map((name) => ({ name, internal: this.#lowering.names.fresh(name) }));
    const relation = { alias, columns };
    this.entries.set(relation, entry);
    return scopeOf(relation);
  }

  #names(value: AstValue | undefined, place: Place): void {
    walk(value, (node) => {
      if (node.class === 'SUBQUERY') {
        this.#names(node.child, place);
        const query = isNode(node.subquery) && isNode(node.subquery.node) ? node.subquery.node : {};
        this.query(query, place.tables, place.scopes);
        return false;
      }
      if (node.class === 'LAMBDA') {
        const own = find(node.lhs, ({ class: kind }) => kind === 'COLUMN_REF').flatMap((each) =>
          textsOf(each.column_names).map((name) => name.toLowerCase()),
        );
        this.#names(node.expr, { ...place, hidden: new Set([...place.hidden, ...own]) });
        return false;
      }
      if (node.class === 'COLUMN_REF') this.#reference(node, place);
      return undefined;
    });
  }

  #reference(node: AstNode, { scopes, aliases, hidden }: Place): void {
    const names = textsOf(node.column_names);
    const first = (names[0] ?? '').toLowerCase();
    if (hidden.has(first)) return;
    for (const [i, scope] of scopes.entries()) {
      const meant = resolveName(names, scope);
      if (meant !== undefined) {
        this.#onName(node, meant, scope);
        return;
      }
      if (i === 0 && names.length === 1 && aliases.has(first)) return;
    }
    throw new NotDistributed(`the name ${names.join('.')} is not known here`);
  }
}

interface Place {
  readonly scopes: readonly Scope[];
  readonly aliases: ReadonlySet<string>;
  readonly tables: CommonTables;
  /** Parameters of lambdas. */
  readonly hidden: ReadonlySet<string>;
}

const nothing: Scope = { relations: [], star: [] };
