import { SheafError } from '../../../../shared/errors.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { type AstNode, isNode, onlyStatement } from '../../../../shared/sql/ast.ts';
import type { Bound } from '../../bound/plan.ts';
import { isStable } from '../../bound/stable.ts';
import type { PlanContext } from '../../context.ts';
import { SqlLowering } from '../../sql/lower/lowering.ts';
import { refuseUnstable } from '../../sql/lower/mentions.ts';
import { NotDistributed } from '../../sql/lower/names/names.ts';
import { withCountedGroups } from '../../sql/lower/one-group.ts';
import { lowerQuery } from '../../sql/lower/query.ts';
import { whyReadWhole } from '../../sql/table-references.ts';
import type { BindPlan, Question } from './question.ts';

/** The question as plan nodes with its columns, or for people why it is not. */
export function lower(
  { tree, references, relations, functions, virtual }: Question,
  result: Schema,
  context: PlanContext,
  bindPlan: BindPlan,
): Bound | string {
  if (virtual !== undefined) return `"${virtual}" is known to DuckDB's own readers of files alone`;
  const select = onlyStatement(tree);
  if (select === undefined || (references.length === 0 && functions.length === 0))
    return whyReadWhole(tree) ?? 'it reads no file that is scanned';
  const again = references.filter(({ plan }, i) => references.findIndex((other) => other.plan === plan) !== i);
  if (again.some(({ plan }) => !isStable(bindPlan(plan))))
    return 'it reads a dataset more than once that may have other rows each time';
  try {
    refuseUnstable(tree, context);
    const lowering = new SqlLowering(tree, { relations, functions }, context, bindPlan);
    const query = withCountedGroups(fromSomething(select, context), context.dialect);
    const bound = bindPlan(lowerQuery(query, new Map(), lowering, result).plan);
    // A mistake here must not change an answer: equal columns are the least to ask for.
    return JSON.stringify(bound.schema) === JSON.stringify(result) ? bound : 'its parts have columns of other types';
  } catch (thrown) {
    if (thrown instanceof NotDistributed) return thrown.reason;
    const { code, message } = SheafError.from(thrown);
    if (code === 'INTERNAL') throw thrown;
    return `its parts do not stand alone: ${message.split('\n')[0]}`; // the question itself is valid: DuckDB described it
  }
}

/** A SELECT without FROM is over one row: functions are called for rows, and subqueries stand beside rows. */
function fromSomething(select: AstNode, { dialect }: PlanContext): AstNode {
  if (!isNode(select.from_table) || select.from_table.type !== 'EMPTY') return select;
  // No item of the user's is called so: an alias that a later item uses is not the column.
  const one = onlyStatement(dialect.parse('FROM (VALUES (0)) AS "one row"("of one row")'));
  return { ...select, from_table: one?.from_table ?? null };
}
