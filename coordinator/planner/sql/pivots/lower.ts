import type { PlanNode } from '../../../../shared/plan/node.ts';
import { type AstNode, find, isNode, nodesOf, rewrite, textsOf } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import { columnNamed, parseExpression, printExpression } from '../../expressions/tree.ts';
import type { CommonTables } from '../lower/common-tables.ts';
import { NotDistributed } from '../lower/names/names.ts';
import { resolveTree } from '../lower/names/resolver.ts';
import { isSame } from '../lower/names/scope.ts';
import { selectAllFrom } from '../lower/select-all.ts';
import { valueOfNoRows } from '../lower/subqueries/empty-value.ts';
import { isAggregate } from '../lower/subqueries/outside-aggregates.ts';
import type { Columns, Lowering, OpenSelect } from '../lower/types.ts';
import type { SelectItem, SelectParts } from '../select/parts.ts';
import { mayBeConfused, type PivotedValue, pivotedValues } from './columns.ts';

/** A PIVOT, its names resolved over its source. */
interface Pivot {
  readonly open: OpenSelect;
  readonly groups: readonly SelectItem[];
  /** What it pivots on. */
  readonly raw: readonly AstNode[];
  /** The same as text. */
  readonly keys: readonly AstNode[];
  /** The same as text, as it was written. */
  readonly written: readonly AstNode[];
  readonly aggregates: readonly PivotAggregate[];
  readonly values: readonly PivotedValue[];
}

interface PivotAggregate {
  readonly tree: AstNode;
  /** As it was written. */
  readonly written: AstNode;
  /** Behind the name of a value. */
  readonly suffix: string;
}

/**
 * A PIVOT of values that are written, as an aggregation: for each value the aggregates of its rows. Where there are many,
 * rows are grouped by value first, and what comes of that is turned.
 *
 * @throws NotDistributed
 */
export function lowerPivot(pivot: AstNode, tables: CommonTables, lowering: Lowering): Columns {
  const resolved = resolve(pivot, tables, lowering);
  if (resolved.values.length <= filteredMax) return filtered(resolved, lowering);
  if (mayBeConfused(resolved.values)) throw new NotDistributed('values that it pivots on may be taken for one another');
  return turned(resolved, lowering);
}

/** As DuckDB (`pivot_filter_threshold`). */
const filteredMax = 20;

function resolve(pivot: AstNode, tables: CommonTables, lowering: Lowering): Pivot {
  const { dialect } = lowering.context;
  const open = lowering.open(selectAllFrom(isNode(pivot.source) ? pivot.source : {}, lowering.context), tables);
  const columns = open.parts.items;
  const over = (tree: AstNode): AstNode =>
    resolveTree(tree, { scope: { relations: [], star: columns }, subquery: noSubquery });
  const expressions = nodesOf(pivot.pivots).flatMap(({ pivot_expressions: trees }) => nodesOf(trees));
  const given = textsOf(pivot.groups);
  const taken = namesIn([...expressions, ...nodesOf(pivot.aggregates)]);
  const groups =
    given.length > 0
      ? given.map((name) => ({ name, alias: '', tree: over(columnNamed(name)) }))
      : columns.filter(({ name }) => !taken.some((other) => isSame(other, name)));
  const values = pivotedValues(nodesOf(pivot.pivots), dialect);
  if (values.some(({ texts }) => texts.length !== expressions.length)) throw new NotDistributed('it pivots on rows');
  const asText = (child: AstNode): AstNode => ({ ...parseExpression(dialect, 'CAST(x AS VARCHAR)'), child });
  const raw = expressions.map(over);
  const aggregates = aggregatesOf(pivot, over, lowering);
  return { open, groups, raw, keys: raw.map(asText), written: expressions.map(asText), aggregates, values };
}

const namesIn = (trees: readonly AstNode[]): string[] =>
  find(trees, (node) => node.class === 'COLUMN_REF').map(({ column_names: names }) => textsOf(names).at(-1) ?? '');

function noSubquery(): never {
  throw new NotDistributed('it pivots on a subquery');
}

function aggregatesOf(
  { aggregates }: AstNode,
  over: (tree: AstNode) => AstNode,
  { context: { dialect } }: Lowering,
): PivotAggregate[] {
  const trees = nodesOf(aggregates);
  return trees.map((tree) => {
    const [call, ...more] = find(tree, (node) => isAggregate(node, dialect));
    if (call === undefined || more.length > 0 || call.filter != null)
      throw new NotDistributed('it pivots with an aggregate of another form');
    const alias = String(tree.alias);
    const name = alias || (trees.length > 1 ? printExpression(dialect, tree) : '');
    return {
      tree: { ...over(tree), alias: '' },
      written: { ...tree, alias: '' },
      suffix: name === '' ? '' : `_${name}`,
    };
  });
}

/** An aggregate with FILTER for each value. */
function filtered(pivot: Pivot, lowering: Lowering): Columns {
  const { open, groups, keys, aggregates, values } = pivot;
  const items = values.flatMap((value) => {
    const filter = isValue(keys, value, lowering);
    return aggregates.map((each) => ({
      name: nameOf(each, value, pivot, lowering),
      alias: '',
      tree: withFilter(each.tree, filter, lowering),
    }));
  });
  return lowering.close({ ...open, parts: grouped(groups, items) });
}

const withFilter = (tree: AstNode, filter: AstNode, { context: { dialect } }: Lowering): AstNode =>
  rewrite(tree, (node) => (isAggregate(node, dialect) ? { ...node, filter } : undefined));

/** Of an empty text there is no name: DuckDB calls the column by its expression then. */
function nameOf({ suffix, written }: PivotAggregate, value: PivotedValue, pivot: Pivot, lowering: Lowering): string {
  const name = `${value.name}${suffix}`;
  if (name !== '') return name;
  return printExpression(
    lowering.context.dialect,
    withFilter(written, isValue(pivot.written, value, lowering), lowering),
  );
}

/** Grouped by value, too, then a column for each. */
function turned(pivot: Pivot, lowering: Lowering): Columns {
  const { open, groups, raw, aggregates, values } = pivot;
  const { dialect } = lowering.context;
  const on = raw.map((tree) => ({ name: 'pivot_on', alias: '', tree }));
  const of = aggregates.map(({ tree }) => ({ name: 'pivot_of', alias: '', tree }));
  const first = lowering.close({ ...open, parts: grouped([...groups, ...on], of) });
  const trees = first.columns.map(({ internal }) => columnNamed(internal));
  const [before, behind] = [groups.length, groups.length + on.length];
  const none = aggregates.map(({ tree }) => valueOfNoRows(tree, dialect));
  const items = values.flatMap((value) => {
    const filter = isValue(trees.slice(before, behind), value, lowering);
    return aggregates.map((each, i) => {
      // There is one row of each value.
      const found = { ...parseExpression(dialect, 'max(x)'), children: [trees[behind + i] ?? {}], filter };
      const tree = orNone(found, filter, each, none[i] ?? 'null', lowering);
      return { name: nameOf(each, value, pivot, lowering), alias: '', tree };
    });
  });
  const asTexts: PlanNode = {
    kind: 'project',
    input: first.plan,
    columns: first.columns.map(({ internal: name }, i) => {
      const isKey = i >= before && i < behind;
      return { name, sql: isKey ? `CAST(${quotedName(name)} AS VARCHAR)` : quotedName(name) };
    }),
  };
  const again = groups.map(({ name }, i) => ({ name, alias: '', tree: trees[i] ?? {} }));
  const schema = first.columns.map(({ internal }) => ({ name: internal, type: '' }));
  return lowering.close({ plan: asTexts, parts: grouped(again, items), correlated: [], schema });
}

/** What was found, or the aggregate of no rows where there are none. */
function orNone(
  found: AstNode,
  filter: AstNode,
  { tree }: PivotAggregate,
  none: string,
  { context: { dialect } }: Lowering,
): AstNode {
  if (none === 'null') return found;
  const value = printExpression(dialect, found);
  if (isAggregate(tree, dialect)) return parseExpression(dialect, `COALESCE(${value}, ${none})`);
  const count = printExpression(dialect, { ...parseExpression(dialect, 'count(*)'), filter });
  return parseExpression(dialect, `CASE WHEN ${count} = 0 THEN ${none} ELSE ${value} END`);
}

function isValue(keys: readonly AstNode[], { texts }: PivotedValue, { context: { dialect } }: Lowering): AstNode {
  const tests = keys.map((left, i) => {
    const text = texts[i] ?? null;
    const right = { ...parseExpression(dialect, "'x'"), value: constant(text) };
    return { ...parseExpression(dialect, 'x IS NOT DISTINCT FROM y'), left, right };
  });
  const [only, ...more] = tests;
  if (only === undefined || more.length === 0) return only ?? {};
  return { class: 'CONJUNCTION', type: 'CONJUNCTION_AND', alias: '', children: tests };
}

const constant = (text: string | null): AstNode =>
  text === null
    ? { type: { id: 'NULL', type_info: null }, is_null: true }
    : { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: text };

const grouped = (groups: readonly SelectItem[], items: readonly SelectItem[]): SelectParts => ({
  items: [...groups, ...items],
  groups: groups.map(({ tree }) => tree),
  groupsAll: false,
  distinct: false,
  distinctOn: [],
  orders: [],
  limit: null,
  offset: 0,
});
