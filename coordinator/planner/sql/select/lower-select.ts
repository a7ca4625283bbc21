import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { find, inPlaceOf, rewrite } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import type { Dialect } from '../../dialect.ts';
import { aggregate, aggregateBelow, isAggregation } from './aggregation.ts';
import { Aliases } from './aliases.ts';
import type { SelectParts } from './parts.ts';
import { Extracted, type Inner, type Rewritten, reference, Select } from './select.ts';
import { sortKeysOf } from './sort-keys.ts';

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
  return lowered(new Select(parts, aliases, schema, dialect), relation);
}

function lowered(select: Select, relation: PlanNode): PlanNode | string {
  const { parts, aliases, items } = select;
  const { where, distinct, distinctOn, limit, offset } = parts;
  const filtered: PlanNode = where ? select.filter(relation, aliases.resolve(where)) : relation;
  const keys = sortKeysOf(select);
  if (typeof keys === 'string') return keys;
  if (distinct && keys.hidden.length > 0) return 'it orders distinct rows by something else than their columns';
  const targets = distinctOn.map((tree, i) => ({ name: `${select.hidden}on${i}`, tree: aliases.resolve(tree) }));
  const projected = projectedRows(select, filtered, [...items, ...keys.hidden, ...targets]);
  if (typeof projected === 'string') return projected;
  const unique = uniqueRows(select, projected, targets, keys.texts);
  const sorted: PlanNode = keys.texts.length === 0 ? unique : { kind: 'sort', input: unique, keys: keys.texts };
  const limited: PlanNode = limit === null && offset === 0 ? sorted : { kind: 'limit', input: sorted, limit, offset };
  const isExact = keys.hidden.length === 0 && targets.length === 0;
  return isExact ? limited : select.project(limited, items.map(reference));
}

/** The rows before DISTINCT: grouped if need be, with windows over them if there are any. */
function projectedRows(select: Select, filtered: PlanNode, columns: readonly Inner[]): PlanNode | string {
  const qualify = select.parts.qualify && select.aliases.resolve(select.parts.qualify);
  const trees = [...columns.map(({ tree }) => tree), ...(qualify ? [qualify] : [])];
  const hasWindow = find(trees, ({ class: kind }) => kind === 'WINDOW').length > 0;
  const isGrouped = isAggregation(select, trees);
  if (!hasWindow && qualify === undefined) {
    const hidden = columns.slice(select.items.length);
    return isGrouped ? aggregate(select, filtered, hidden) : select.project(filtered, columns);
  }
  const grouped = isGrouped ? aggregateBelow(select, filtered, trees) : { input: filtered, rewritten: trees };
  if (typeof grouped === 'string') return grouped;
  const { input, rewritten } = windowsBelow(select, grouped);
  const condition = qualify && rewritten.at(-1);
  const kept = condition ? select.filter(input, condition) : input;
  const projected = columns.map(({ name }, i) => ({ name, tree: rewritten[i] ?? {} }));
  return select.project(kept, projected);
}

/** Window functions as columns of their own, and the trees over those. */
function windowsBelow(select: Select, { input, rewritten: trees }: Rewritten): Rewritten {
  const windows = new Extracted(`${select.hidden}window`);
  const rewritten = trees.map((tree) =>
    rewrite(tree, (node) => (node.class === 'WINDOW' ? inPlaceOf(node, windows.columnFor(node)) : undefined)),
  );
  if (windows.columns.length === 0) return { input, rewritten };
  return { input: { kind: 'window', input, columns: select.named(windows.columns) }, rewritten };
}

/** DISTINCT, or the first row of those that are equal in the targets of DISTINCT ON. */
function uniqueRows(
  { parts, hidden }: Select,
  input: PlanNode,
  targets: readonly Inner[],
  order: readonly string[],
): PlanNode {
  if (targets.length === 0) return parts.distinct ? { kind: 'distinct', input } : input;
  const by = targets.map(({ name }) => quotedName(name)).join(', ');
  const ordered = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
  const name = `${hidden}nth`;
  const numbered: PlanNode = {
    kind: 'window',
    input,
    columns: [{ name, sql: `row_number() OVER (PARTITION BY ${by}${ordered})` }],
  };
  return { kind: 'filter', input: numbered, predicate: `${quotedName(name)} = 1` };
}
