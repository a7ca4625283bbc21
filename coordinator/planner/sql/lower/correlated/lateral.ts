import type { JoinType } from '../../../../../shared/plan/nodes/join.ts';
import { type AstNode, isNode, textsOf } from '../../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../../shared/sql/text.ts';
import { isOfItself } from '../../row-by-row.ts';
import type { CommonTables } from '../common-tables.ts';
import { type Attachment, conjunctsOf } from '../conjuncts.ts';
import { joinedScope, oneOf, sharedNames } from '../names/join-scope.ts';
import { NotDistributed } from '../names/names.ts';
import { resolveTree } from '../names/resolver.ts';
import { type Scope, scopeOf } from '../names/scope.ts';
import { uniqueNames } from '../names/unique-names.ts';
import type { Lowering } from '../types.ts';
import { correlationOf, dependence } from './domain.ts';

interface Lateral {
  /** Over both sides. */
  readonly scope: Scope;
  readonly attachment: Attachment;
}

/**
 * A subquery in FROM that speaks of what stands before it: made for the different values that it takes, then joined by them.
 *
 * @param left what is known before it
 * @returns nothing where it speaks of nothing before it, or is made of the row alone
 * @throws NotDistributed
 */
export function lowerLateral(
  join: AstNode,
  type: JoinType,
  left: Scope,
  tables: CommonTables,
  lowering: Lowering,
): Lateral | undefined {
  const { right } = join;
  const query =
    isNode(right) && isNode(right.subquery) && isNode(right.subquery.node) ? right.subquery.node : undefined;
  if (!isNode(right) || query === undefined || right.type !== 'SUBQUERY' || isOfItself(right)) return undefined;
  if ((type !== 'inner' && type !== 'left') || right.sample != null) return undefined;
  const correlation = correlationOf(query, left, tables, lowering);
  if (correlation.taken.length === 0) return undefined;
  const aliases = textsOf(right.column_name_alias);
  const columns = uniqueNames(correlation.names).map((own, i) => {
    const name = aliases[i] ?? own;
    return { name, internal: lowering.names.fresh(name) };
  });
  const {
    right: made,
    on,
    keys,
  } = dependence(correlation, lowering, (rows, keys) => ({
    kind: 'project',
    input: rows.plan,
    columns: [
      ...columns.map(({ internal }, i) => ({ name: internal, sql: quotedName(rows.columns[i]?.internal ?? '') })),
      ...keys.map((name) => ({ name, sql: quotedName(name) })),
    ],
  }));
  const own = scopeOf({ alias: String(right.alias ?? ''), columns });
  const using = join.ref_type === 'NATURAL' ? sharedNames(left, own) : textsOf(join.using_columns);
  const equal = using.map((name): AstNode => {
    return { class: 'COMPARISON', type: 'COMPARE_EQUAL', alias: '', left: oneOf(name, left), right: oneOf(name, own) };
  });
  const both = joinedScope('inner', left, own, using);
  const condition = isNode(join.condition) ? conjunctsOf(inScope(join.condition, both)) : [];
  const adds = new Set([...columns.map(({ internal }) => internal), ...keys].map((name) => name.toLowerCase()));
  const attachment: Attachment = { type, right: made, on: [...on, ...equal, ...condition], adds };
  return { scope: joinedScope(type, left, own, using), attachment };
}

/** A join's condition over the plan's columns. */
export const inScope = (tree: AstNode, scope: Scope): AstNode =>
  resolveTree(tree, {
    scope,
    subquery: () => {
      throw new NotDistributed('it has a subquery in a join condition');
    },
  });
