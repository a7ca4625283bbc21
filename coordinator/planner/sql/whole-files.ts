import type { PlanNode } from '../../../shared/plan/node.ts';
import { type AstNode, isNode, onlyStatement } from '../../../shared/sql/ast.ts';
import { literal } from '../../../shared/sql/text.ts';
import { sourceOf } from '../bind/source.ts';
import type { PlanContext } from '../context.ts';

/** More files than this stand in a view, which says their names once. */
const namedFilesMax = 64;

/**
 * What reads a scan in the FROM clause of the one task that reads all of it: `read_parquet([…])` itself. A view over it
 * costs its binding, and hides from DuckDB that two references read the same.
 *
 * @returns nothing where a view is needed, which casts, leaves columns out or says how a text is read; also where a
 * directory's name may stand for a column
 */
export function wholeFiles(plan: PlanNode, context: PlanContext): AstNode | undefined {
  if (plan.kind !== 'scan' || plan.format !== 'parquet' || Object.keys(plan.options).length > 0) return undefined;
  const { files } = sourceOf(plan, context);
  const isPlain = files.every(({ path, object }) => object === undefined && !/[=*?[\]]/.test(path));
  if (!isPlain || files.length === 0 || files.length > namedFilesMax) return undefined;
  const list = files.map(({ path }) => literal(path)).join(', ');
  const from = onlyStatement(context.dialect.parse(`FROM read_parquet([${list}])`))?.from_table;
  return isNode(from) ? from : undefined;
}
