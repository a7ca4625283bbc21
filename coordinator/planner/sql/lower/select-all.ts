import { type AstNode, onlyStatement } from '../../../../shared/sql/ast.ts';
import type { PlanContext } from '../../context.ts';

/** `SELECT * FROM` a table reference. */
export const selectAllFrom = (reference: AstNode, { dialect }: PlanContext): AstNode => ({
  ...onlyStatement(dialect.parse('SELECT * FROM t')),
  from_table: reference,
});
