import { type AstNode, find, meaning, nodesOf, rewrite, textsOf, walk } from '../../../../shared/sql/ast.ts';
import type { Dialect } from '../../dialect.ts';
import { columnNamed } from '../../expressions/tree.ts';
import { functionOf, type SqlFunctions } from '../../functions/calls.ts';
import type { CommonTables } from '../lower/common-tables.ts';
import { type Entry, NameWalk } from '../lower/names/name-walk.ts';
import type { Relation, Scope } from '../lower/names/scope.ts';
import { hasAggregate, isAggregate } from '../lower/subqueries/outside-aggregates.ts';
import type { Lowering } from '../lower/types.ts';

/** A call and the one entry of a FROM clause that it speaks of. */
interface Placed {
  readonly call: AstNode;
  readonly relation: Relation;
  readonly entry: Entry;
  readonly name: string;
}

export interface Below {
  readonly functions: SqlFunctions;
  readonly lowering: Lowering;
  /** What stands in FROM for a SELECT over an entry of FROM, under the entry's alias; nothing if that cannot be asked alone. */
  readonly takeOut: (select: AstNode, tables: CommonTables, alias: string) => AstNode | undefined;
}

/** The tree in which calls over the columns of one entry of FROM are columns that this entry has more. */
export function callsBelow(query: AstNode, tables: CommonTables, below: Below): AstNode {
  const { functions, lowering } = below;
  const meant = new Map<AstNode, Relation | undefined>();
  const walked = new NameWalk(lowering.trial(), (reference, tree, scope) => {
    meant.set(reference, relationOf(tree, scope));
  });
  walked.query(query, tables, []);
  const placed: Placed[] = [];
  const ofGroups = callsOfGroups(query, below);
  const names = new Map<string, string>();
  walk(query, (node) => {
    const called = functionOf(node, functions);
    // Below, a call is made for rows that may be in the answer several times, or not.
    if (called === undefined || !called.deterministic || called.kind === 'aggregate') return undefined;
    if (ofGroups.has(node)) return undefined; // What stands in its aggregates is made of rows.
    const relation = placeOf(node, meant, lowering.context.dialect);
    const entry = relation && walked.entries.get(relation);
    if (relation === undefined || entry === undefined) return undefined;
    // A call that is a key is known as it by its equals.
    const equal = `${meaning(node)} ${[...walked.entries.keys()].indexOf(relation)}`;
    const name = names.get(equal) ?? lowering.names.madeUp('called');
    names.set(equal, name);
    placed.push({ call: node, relation, entry, name });
    return false;
  });
  return withColumns(query, placed, walked.scopes, below);
}

/** Calls that are made of groups, not of their rows: below, they would be no keys. Those that are keys themselves are not. */
function callsOfGroups(query: AstNode, { functions, lowering }: Below): ReadonlySet<AstNode> {
  const calls = new Set<AstNode>();
  for (const select of find(query, (node) => nodesOf(node.group_expressions).length > 0)) {
    const keys = new Set(find(select.group_expressions, (node) => isCall(node)).map(meaning));
    const parts = [select.select_list, select.having, select.qualify, select.modifiers].filter(
      (part) => part !== undefined,
    );
    walk(parts, (node) => {
      if (node.class === 'SUBQUERY' || isAggregate(node, lowering.context.dialect)) return false;
      if (isCall(node) && !keys.has(meaning(node))) calls.add(node);
      return undefined;
    });
  }
  return calls;

  function isCall(node: AstNode): boolean {
    return functionOf(node, functions) !== undefined;
  }
}

function relationOf(tree: AstNode, { relations }: Scope): Relation | undefined {
  const [internal] = textsOf(tree.column_names);
  return relations.find(({ columns }) => columns.some((column) => column.internal === internal));
}

/** The one relation of whose columns the call is made; none where it needs more than a row's values. */
function placeOf(
  call: AstNode,
  meant: ReadonlyMap<AstNode, Relation | undefined>,
  dialect: Dialect,
): Relation | undefined {
  const isMore = ({ class: kind }: AstNode): boolean => kind === 'SUBQUERY' || kind === 'WINDOW' || kind === 'LAMBDA';
  const makesRows = ({ function_name }: AstNode): boolean => function_name === 'unnest' || function_name === 'unlist';
  const arguments_ = nodesOf(call.children);
  if (find(arguments_, (node) => isMore(node) || makesRows(node)).length > 0) return undefined;
  if (hasAggregate(arguments_, dialect)) return undefined;
  const references = find(arguments_, ({ class: kind }) => kind === 'COLUMN_REF');
  const relations = new Set(references.map((reference) => meant.get(reference)));
  const [relation, ...more] = relations;
  return more.length === 0 ? relation : undefined;
}

function withColumns(
  query: AstNode,
  placed: readonly Placed[],
  scopes: ReadonlyMap<AstNode, Scope>,
  { takeOut, lowering }: Below,
): AstNode {
  const entries = new Map<AstNode, AstNode>();
  const done: Placed[] = [];
  for (const relation of new Set(placed.map((each) => each.relation))) {
    const own = placed.filter((each) => each.relation === relation);
    const [{ entry } = { entry: undefined }] = own;
    if (entry === undefined || hasPattern(relation, scopes)) continue;
    const star = onlyStar(lowering);
    const calls = new Map(own.map(({ call, name }) => [name, { ...call, alias: name }]));
    const list = [star, ...calls.values()];
    const select = { ...selectOf(lowering), select_list: list, from_table: entry.node };
    const other = takeOut(select, entry.tables, relation.alias);
    if (other === undefined) continue;
    entries.set(entry.node, other);
    done.push(...own);
  }
  return replaced(query, done, entries, scopes);
}

const selectOf = ({ context }: Lowering): AstNode =>
  nodesOf(context.dialect.parse('SELECT * FROM t').statements)[0]?.node as AstNode;
const onlyStar = (lowering: Lowering): AstNode => nodesOf(selectOf(lowering).select_list)[0] ?? {};

/** Whether its columns are chosen by pattern somewhere: one more would change what is chosen. */
function hasPattern(relation: Relation, scopes: ReadonlyMap<AstNode, Scope>): boolean {
  return [...scopes].some(([{ select_list: list }, { relations }]) => {
    const isPattern = ({ class: kind, columns, expr }: AstNode): boolean =>
      kind === 'STAR' && (columns === true || expr != null);
    return relations.includes(relation) && find(list, isPattern).length > 0;
  });
}

function replaced(
  query: AstNode,
  placed: readonly Placed[],
  entries: ReadonlyMap<AstNode, AstNode>,
  scopes: ReadonlyMap<AstNode, Scope>,
): AstNode {
  const calls = new Map(placed.map((each) => [each.call, each]));
  const inner = (tree: AstNode): AstNode =>
    Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, rewrite(value, replace)])) as AstNode;
  const replace = (node: AstNode): AstNode | undefined => {
    const called = calls.get(node);
    if (called !== undefined) {
      const column_names = [called.relation.alias, called.name].filter(Boolean);
      return { ...columnNamed(called.name), column_names, alias: node.alias ?? '' };
    }
    if (entries.has(node)) return entries.get(node);
    const scope = scopes.get(node);
    if (scope === undefined) return undefined;
    const added = placed.filter(({ relation }) => scope.relations.includes(relation));
    const list = nodesOf(node.select_list).map((item) => withoutColumns(item, added));
    return added.length === 0
      ? undefined
      : { ...inner({ ...node, select_list: [] }), select_list: rewrite(list, replace) };
  };
  return rewrite(query, replace);
}

/** `*` means what it meant. */
function withoutColumns(item: AstNode, added: readonly Placed[]): AstNode {
  if (item.class !== 'STAR') return item;
  const of = String(item.relation_name ?? '').toLowerCase();
  const names = added
    .filter(({ relation }) => of === '' || relation.alias.toLowerCase() === of)
    .map(({ name }) => name);
  return { ...item, exclude_list: [...textsOf(item.exclude_list), ...new Set(names)] };
}
