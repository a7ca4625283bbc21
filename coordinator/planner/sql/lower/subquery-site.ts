import type { PlanNode } from '../../../../shared/plan/node.ts';
import { type AstNode, isNode } from '../../../../shared/sql/ast.ts';
import { type CommonTables, withCommonTables } from './common-tables.ts';
import type { Attachment } from './conjuncts.ts';
import type { Scope } from './scope.ts';
import type { Lowering, OpenSelect } from './types.ts';

/** Where a subquery stands. */
export interface Site {
  readonly scope: Scope;
  readonly outer?: Scope;
  readonly aliases?: ReadonlyMap<string, AstNode | undefined>;
  readonly tables: CommonTables;
  readonly lowering: Lowering;
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
