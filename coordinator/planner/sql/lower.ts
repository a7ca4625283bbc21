import type { PlanNode } from '../../../shared/plan/node.ts';
import type { NamedExpression } from '../../../shared/plan/nodes/expression.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, isNode, meaning, rewrite } from '../../../shared/sql/ast.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { Dialect } from '../dialect.ts';
import { columnNamed, printExpression } from '../expressions.ts';
import { Aliases } from './aliases.ts';
import { type Groups, groupsOf, namesColumn, positionOf } from './groups.ts';
import type { SelectParts } from './select-parts.ts';

/** A column of the SELECT's inside: its name there, and its expression. */
interface Inner {
  readonly name: string;
  readonly tree: AstNode;
}

/** A plan below, and trees over its columns. */
interface Rewritten {
  readonly input: PlanNode;
  readonly rewritten: readonly AstNode[];
}

/**
 * A SELECT over one relation as the plan nodes that a dataset would build: filter, aggregate, filter, window, filter,
 * project, distinct, sort, limit. Or for people why it is not.
 *
 * @param schema the relation's columns
 */
export function lowerSelect(
  parts: SelectParts,
  relation: PlanNode,
  schema: Schema,
  dialect: Dialect,
): PlanNode | string {
  const aliases = new Aliases(parts.items, schema);
  const clauses = [...(parts.where ? [parts.where] : []), ...parts.groups, ...(parts.having ? [parts.having] : [])];
  const orders = parts.orders.map(({ expression }) => expression).filter(isNode);
  const complex = orders.filter((order) => order.class !== 'COLUMN_REF');
  if ([...clauses, ...complex].some((tree) => aliases.isAmbiguous(tree)))
    return 'a name in it is a column and an alias';
  return new Lowering(parts, aliases, schema, dialect).lower(relation);
}

class Lowering {
  readonly #parts: SelectParts;
  readonly #aliases: Aliases;
  readonly #dialect: Dialect;
  readonly #items: readonly Inner[];
  /** Prefix of names that only the inside of the SELECT has. */
  readonly #hidden: string;

  constructor(parts: SelectParts, aliases: Aliases, schema: Schema, dialect: Dialect) {
    this.#parts = parts;
    this.#aliases = aliases;
    this.#dialect = dialect;
    this.#items = parts.items.map(({ name, tree }) => ({ name, tree: aliases.resolve(tree) }));
    const names = [...schema, ...parts.items].map(({ name }) => name.toLowerCase());
    this.#hidden = ['_', '__', '___'].find((prefix) => !names.some((name) => name.startsWith(prefix))) ?? '____';
  }

  lower(relation: PlanNode): PlanNode | string {
    const { where, distinct, distinctOn, limit, offset } = this.#parts;
    const filtered: PlanNode = where ? this.#filter(relation, this.#aliases.resolve(where)) : relation;
    const keys = this.#sortKeys();
    if (typeof keys === 'string') return keys;
    if (distinct && keys.hidden.length > 0) return 'it orders distinct rows by something else than their columns';
    const targets = distinctOn.map((tree, i) => ({ name: `${this.#hidden}on${i}`, tree: this.#aliases.resolve(tree) }));
    const projected = this.#rows(filtered, [...this.#items, ...keys.hidden, ...targets]);
    if (typeof projected === 'string') return projected;
    const unique = this.#unique(projected, targets, keys.texts);
    const sorted: PlanNode = keys.texts.length === 0 ? unique : { kind: 'sort', input: unique, keys: keys.texts };
    const limited: PlanNode = limit === null && offset === 0 ? sorted : { kind: 'limit', input: sorted, limit, offset };
    const isExact = keys.hidden.length === 0 && targets.length === 0;
    return isExact ? limited : this.#project(limited, this.#items.map(reference));
  }

  /** The rows before DISTINCT: grouped if need be, with windows over them if there are any. */
  #rows(filtered: PlanNode, columns: readonly Inner[]): PlanNode | string {
    const qualify = this.#parts.qualify && this.#aliases.resolve(this.#parts.qualify);
    const trees = [...columns.map(({ tree }) => tree), ...(qualify ? [qualify] : [])];
    const hasWindow = find(trees, ({ class: kind }) => kind === 'WINDOW').length > 0;
    const isGrouped = this.#isAggregation(trees);
    if (!hasWindow && qualify === undefined)
      return isGrouped
        ? this.#aggregate(filtered, columns.slice(this.#items.length))
        : this.#project(filtered, columns);
    const grouped = isGrouped ? this.#groupsBelow(filtered, trees) : { input: filtered, rewritten: trees };
    if (typeof grouped === 'string') return grouped;
    const { input, rewritten } = this.#windows(grouped.input, grouped.rewritten);
    const condition = qualify && rewritten.at(-1);
    const kept = condition ? this.#filter(input, condition) : input;
    return this.#project(
      kept,
      columns.map(({ name }, i) => ({ name, tree: rewritten[i] ?? {} })),
    );
  }

  /** The aggregation below windows: its keys and aggregate calls as columns, and the trees over those. */
  #groupsBelow(filtered: PlanNode, trees: readonly AstNode[]): Rewritten | string {
    const groups = this.#groups();
    if (typeof groups === 'string') return groups;
    const having = this.#parts.having && this.#aliases.resolve(this.#parts.having);
    const keys = groups.keys.map((tree, i): Inner => ({ name: `${this.#hidden}key${i}`, tree }));
    const calls: Inner[] = [];
    const over = (tree: AstNode): AstNode =>
      rewrite(tree, (node) => {
        const key = keys.find((other) => meaning(other.tree) === meaning(node));
        if (key !== undefined) return reference(key).tree;
        if (!this.#isCall(node)) return undefined;
        const known = calls.find((other) => meaning(other.tree) === meaning(node));
        const call = known ?? { name: `${this.#hidden}agg${calls.length}`, tree: node };
        if (known === undefined) calls.push(call);
        return reference(call).tree;
      });
    const rewritten = trees.map(over);
    const condition = having && over(having);
    const columns = { keys: keys.map((key) => this.#named(key)), aggregates: calls.map((call) => this.#named(call)) };
    const sets = groups.sets === undefined ? {} : { sets: groups.sets };
    const grouped: PlanNode = { kind: 'aggregate', input: filtered, ...columns, ...sets };
    return { input: condition ? this.#filter(grouped, condition) : grouped, rewritten };
  }

  /** Of an aggregate, or of GROUPING: what only an aggregation can answer. */
  #isCall(node: AstNode): boolean {
    if (node.type === 'GROUPING_FUNCTION') return true;
    return node.class === 'FUNCTION' && this.#hasAggregate({ ...node, children: [] });
  }

  /** Window functions as columns of their own, and the trees over those. */
  #windows(input: PlanNode, trees: readonly AstNode[]): Rewritten {
    const windows: Inner[] = [];
    const rewritten = trees.map((tree) =>
      rewrite(tree, (node) => {
        if (node.class !== 'WINDOW') return undefined;
        const known = windows.find((other) => meaning(other.tree) === meaning(node));
        const window = known ?? { name: `${this.#hidden}window${windows.length}`, tree: node };
        if (known === undefined) windows.push(window);
        return reference(window).tree;
      }),
    );
    if (windows.length === 0) return { input, rewritten };
    return { input: { kind: 'window', input, columns: windows.map((window) => this.#named(window)) }, rewritten };
  }

  /** DISTINCT, or the first row of those that are equal in the targets of DISTINCT ON. */
  #unique(input: PlanNode, targets: readonly Inner[], order: readonly string[]): PlanNode {
    if (targets.length === 0) return this.#parts.distinct ? { kind: 'distinct', input } : input;
    const by = targets.map(({ name }) => quotedName(name)).join(', ');
    const ordered = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
    const name = `${this.#hidden}nth`;
    const numbered: PlanNode = {
      kind: 'window',
      input,
      columns: [{ name, sql: `row_number() OVER (PARTITION BY ${by}${ordered})` }],
    };
    return { kind: 'filter', input: numbered, predicate: `${quotedName(name)} = 1` };
  }

  #filter(input: PlanNode, tree: AstNode): PlanNode {
    return { kind: 'filter', input, predicate: printExpression(this.#dialect, tree) };
  }

  #project(input: PlanNode, columns: readonly Inner[]): PlanNode {
    return { kind: 'project', input, columns: columns.map((column) => this.#named(column)) };
  }

  #named({ name, tree }: Inner): NamedExpression {
    return { name, sql: printExpression(this.#dialect, tree) };
  }

  #isAggregation(trees: readonly AstNode[]): boolean {
    const { groups, groupsAll, having } = this.#parts;
    const groupsSome = groupsAll && this.#items.some(({ tree }) => namesColumn(tree));
    const isOne = groups.length > 0 || groupsSome || having !== undefined;
    return isOne || trees.some((tree) => this.#hasAggregate(tree));
  }

  #hasAggregate(tree: AstNode): boolean {
    const { functions } = this.#dialect;
    const isAggregate = ({ function_name }: AstNode): boolean =>
      functions.isAggregate(String(function_name).toLowerCase());
    return find(tree, (node) => node.class === 'FUNCTION' && isAggregate(node)).length > 0;
  }

  /** Items that are keys stand as keys; all others, HAVING and hidden sort keys are computed beside the aggregates. */
  #aggregate(input: PlanNode, hidden: readonly Inner[]): PlanNode | string {
    const groups = this.#groups();
    if (typeof groups === 'string') return groups;
    const itemOf = (tree: AstNode): Inner | undefined =>
      this.#items.find((item) => meaning(item.tree) === meaning(tree));
    const keys = groups.keys.map((tree, i) => ({ name: itemOf(tree)?.name ?? `${this.#hidden}key${i}`, tree }));
    const isKey = ({ name }: Inner): boolean => keys.some((key) => key.name === name);
    const having = this.#parts.having && {
      name: `${this.#hidden}having`,
      tree: this.#aliases.resolve(this.#parts.having),
    };
    const computed = [...this.#items, ...hidden].filter((item) => !isKey(item));
    const aggregated: PlanNode = {
      kind: 'aggregate',
      input,
      keys: keys.map((key) => this.#named(key)),
      aggregates: [...computed, ...(having ? [having] : [])].map((column) => this.#named(column)),
      ...(groups.sets === undefined ? {} : { sets: groups.sets }),
    };
    const kept: PlanNode = having
      ? { kind: 'filter', input: aggregated, predicate: quotedName(having.name) }
      : aggregated;
    return this.#project(kept, [...this.#items, ...hidden].map(reference));
  }

  #groups(): Groups | string {
    const items = this.#items.map(({ tree }) => tree);
    return groupsOf(this.#parts, items, this.#aliases, (tree) => this.#hasAggregate(tree));
  }

  /** Sort keys as text over the projected columns, and columns that are only sorted by. */
  #sortKeys(): { readonly texts: string[]; readonly hidden: Inner[] } | string {
    const texts: string[] = [];
    const hidden: Inner[] = [];
    for (const order of this.#parts.orders) {
      const names = this.#sortNames(order, hidden);
      if (typeof names === 'string') return names;
      texts.push(...names.map((name) => `${quotedName(name)}${directionOf(order)}`));
    }
    return { texts, hidden };
  }

  #sortNames({ expression }: AstNode, hidden: Inner[]): string[] | string {
    if (!isNode(expression)) return 'its order is not understood';
    if (expression.class === 'STAR') return this.#items.map(({ name }) => name);
    const position = positionOf(expression);
    if (position === undefined && expression.class === 'CONSTANT') return 'it orders by a constant';
    const item = position === undefined ? this.#itemFor(expression) : this.#items[position - 1];
    if (item !== undefined) return [item.name];
    if (position !== undefined) return 'it orders by a position that is not there';
    const column = { name: `${this.#hidden}order${hidden.length}`, tree: this.#aliases.resolve(expression) };
    hidden.push(column);
    return [column.name];
  }

  /** The item that ORDER BY names, by alias before column, or repeats. */
  #itemFor(expression: AstNode): Inner | undefined {
    const [name, ...more] = Array.isArray(expression.column_names) ? expression.column_names.map(String) : [];
    const at = this.#parts.items.findIndex(({ alias }) => alias !== '' && alias.toLowerCase() === name?.toLowerCase());
    if (at >= 0 && more.length === 0) return this.#items[at];
    const tree = this.#aliases.resolve(expression);
    return this.#items.find((item) => meaning(item.tree) === meaning(tree));
  }
}

const reference = ({ name }: Inner): Inner => ({
  name,
  tree: columnNamed(name),
});

const directionOf = ({ type, null_order }: AstNode): string =>
  `${type === 'DESCENDING' ? ' DESC' : type === 'ASCENDING' ? ' ASC' : ''}${
    null_order === 'NULLS FIRST' || null_order === 'NULLS LAST' ? ` ${null_order}` : ''
  }`;
