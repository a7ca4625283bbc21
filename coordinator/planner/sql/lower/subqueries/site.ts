import type { PlanNode } from '../../../../../shared/plan/node.ts';
import type { Schema } from '../../../../../shared/schema.ts';
import { type AstNode, isNode } from '../../../../../shared/sql/ast.ts';
import { describeOver } from '../../../bind/describe.ts';
import { printExpression } from '../../../expressions/tree.ts';
import { type CommonTables, withCommonTables } from '../common-tables.ts';
import type { Attachment } from '../conjuncts.ts';
import { columnsIn } from '../names/resolver.ts';
import type { Scope } from '../names/scope.ts';
import type { Lowering, OpenSelect } from '../types.ts';

/** Where a subquery stands. */
export interface Site {
  readonly scope: Scope;
  readonly outer?: Scope;
  readonly aliases?: ReadonlyMap<string, AstNode | undefined>;
  readonly tables: CommonTables;
  readonly lowering: Lowering;
  /** The type of an expression over the columns of FROM; nothing if it takes others. */
  typeOf(tree: AstNode): string | undefined;
}

/** The type of an expression over columns; nothing where it takes others. */
export function typeOver(tree: AstNode, schema: Schema, { context }: Lowering): string | undefined {
  const known = new Set(schema.map(({ name }) => name.toLowerCase()));
  if (![...columnsIn(tree)].every((name) => known.has(name))) return undefined;
  const { dialect } = context;
  return describeOver(
    dialect,
    [{ name: 'input', schema }],
    `SELECT ${printExpression(dialect, tree)} AS t FROM input`,
  )[0]?.type;
}

export const queryOf = (subquery: AstNode): AstNode =>
  isNode(subquery.subquery) && isNode(subquery.subquery.node) ? subquery.subquery.node : {};

export const opened = (query: AstNode, { tables, lowering, scope }: Site): OpenSelect =>
  lowering.open(query, withCommonTables(query, tables), scope);

/** One row beside every row. */
export const beside = (right: PlanNode, names: readonly string[]): Attachment => ({
  type: 'inner',
  right,
  on: [],
  adds: new Set(names.map((name) => name.toLowerCase())),
});
