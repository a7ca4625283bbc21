import { SheafError } from '../../../shared/errors.ts';
import type { NamedExpression } from '../../../shared/plan/nodes/expression.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, isNode, textsOf } from '../../../shared/sql/ast.ts';
import type { BoundColumn, BoundExpression, SortKey } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { fixTime } from '../expressions/present-time.ts';
import { hasStar, namesIn, parseExpression, parseOrder, printExpression, printOrder } from '../expressions/tree.ts';
import { isVolatile } from '../expressions/volatile.ts';
import { columnNames, unknownColumn } from './describe.ts';
import { refuseHarm } from './refusals.ts';

type BindContext = Pick<PlanContext, 'dialect' | 'nowMs' | 'config'>;

/** @throws SheafError `SQL_INVALID`; names and types are not checked yet */
export function bindExpression(text: string, schema: Schema, context: BindContext): BoundExpression {
  const { dialect, nowMs } = context;
  const tree = asSpelt(fixTime(dialect, parseExpression(dialect, text), nowMs, columnNames(schema)), schema);
  refuseTables(tree, text);
  refuseHarm(tree, context);
  const volatile = isVolatile(dialect, tree);
  return { sql: printExpression(dialect, tree), tree, names: namesOf(tree, schema), volatile };
}

/** A column as its relation spells it: without an alias DuckDB calls it so, however the text writes it. */
function asSpelt(tree: AstNode, schema: Schema): AstNode {
  const [wanted, ...more] = textsOf(tree.column_names);
  if (wanted === undefined || more.length > 0) return tree;
  const column = schema.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  return column === undefined ? tree : { ...tree, column_names: [column.name] };
}

/** A named expression over rows of a schema. @throws SheafError as `bindExpression` */
export const bindColumn = ({ name, sql }: NamedExpression, schema: Schema, context: BindContext): BoundColumn => ({
  ...bindExpression(sql, schema, context),
  name,
});

/** A sort key over rows of a schema; names and types are not checked yet. @throws SheafError `SQL_INVALID` */
export function bindSortKey(text: string, schema: Schema, { dialect, nowMs }: BindContext): SortKey {
  const trees = fixTime(dialect, parseOrder(dialect, text), nowMs, columnNames(schema));
  for (const tree of trees) refuseTables(tree, text);
  const names = new Set(trees.flatMap((tree) => [...namesOf(tree, schema)]));
  const [tree = {}] = trees;
  return { sql: printOrder(dialect, trees), tree, names, volatile: isVolatile(dialect, trees) };
}

/** `*`, `COLUMNS(…)` and `ORDER BY ALL` or `1` may mean any column. */
function namesOf(tree: AstNode, schema: Schema): ReadonlySet<string> {
  const order = tree.expression;
  const isPosition = isNode(order) && order.class === 'CONSTANT';
  return hasStar(tree) || isPosition ? columnNames(schema) : namesIn(tree);
}

/** An expression sees the rows of its input and nothing else: a file in a subquery would be read once per task. */
function refuseTables(tree: AstNode, text: string): void {
  const [table] = find(tree, ({ type }) => type === 'BASE_TABLE' || type === 'TABLE_FUNCTION');
  const isFile = table?.type === 'BASE_TABLE' || JSON.stringify(table ?? null).includes('"read_');
  if (table === undefined || !isFile) return;
  throw new SheafError('NOT_SUPPORTED', `An expression cannot read a table or file of its own: ${text}`, {
    next: 'Join with the other dataset, or write the whole question as SQL.',
  });
}

/** A column that does not exist is taken for the alias of its own expression. */
const ofItsOwnAlias = /cannot be referenced before it is defined|aliases cannot be used as part of an expression/;

/**
 * The better error for a DuckDB error: a column that does not exist, by name, with what is near it.
 *
 * @param place for people
 */
export function explainError(
  thrown: unknown,
  trees: readonly AstNode[],
  schema: Schema,
  place: string,
  aliases: readonly string[] = [],
): SheafError {
  const error = SheafError.from(thrown);
  if (error.code === 'INTERNAL') return error;
  const isOwnAlias = ofItsOwnAlias.test(error.message);
  const known = new Set([...columnNames(schema), ...(isOwnAlias ? [] : aliases.map((alias) => alias.toLowerCase()))]);
  const wanted = find(trees, (node) => node.class === 'COLUMN_REF')
    .map((node) => textsOf(node.column_names))
    .find((names) => !names.some((name) => known.has(name.toLowerCase())))?.[0];
  const isColumn = error.code === 'COLUMN_UNKNOWN' || isOwnAlias;
  if (isColumn && wanted !== undefined) return unknownColumn(wanted, schema, place, error);
  const { message, cause, next } = error;
  const code = error.code === 'COLUMN_UNKNOWN' ? 'COLUMN_UNKNOWN' : 'SQL_INVALID';
  return new SheafError(code, `${place}: ${message}`, { cause, next: next ?? 'Correct the SQL at the place shown.' });
}
