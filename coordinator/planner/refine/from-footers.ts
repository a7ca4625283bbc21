import type { Column } from '../../../shared/schema.ts';
import { type AstNode, find, inPlaceOf, nodesOf, rewrite, textsOf } from '../../../shared/sql/ast.ts';
import { literal, quotedName } from '../../../shared/sql/text.ts';
import { sourceOf } from '../bind/source.ts';
import { type Bound, type BoundColumn, type BoundOf, inputOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { namesIn, parseExpression, printExpression } from '../expressions/tree.ts';
import { isAggregateCall } from '../rules/aggregate/calls.ts';
import type { ColumnStatistics, ResolvedSource } from '../source.ts';

/**
 * Puts the answer in place of an aggregation of all rows of Parquet files whose footers know it: counts of rows, and of
 * columns without nulls, and the least and the greatest value of columns whose statistics are values of theirs. So does
 * DuckDB. No row is read; nothing changes if there is a filter, or if one of the aggregates is not known.
 */
export function fromFooters(bound: Bound, context: PlanContext): Bound {
  const known = isOfAllRows(bound) ? answered(bound, context) : undefined;
  return known ?? { ...bound, inputs: bound.inputs.map((input) => fromFooters(input, context)) };
}

const isOfAllRows = (bound: Bound): bound is BoundOf<'aggregate'> =>
  bound.operator.kind === 'aggregate' && bound.operator.keys.length === 0 && bound.operator.sets === undefined;

function answered(bound: BoundOf<'aggregate'>, context: PlanContext): Bound | undefined {
  const relation = renamedScan(inputOf(bound));
  if (relation === undefined) return undefined;
  const { operator } = relation.scan;
  const source = sourceOf(operator.scan, context);
  if (operator.scan.format !== 'parquet' || operator.splits !== undefined || source.splits.length === 0)
    return undefined;
  if (source.splits.some(({ rows }) => rows === 0)) return undefined;
  const footers = { source, columns: relation.columns, context };
  const items: string[] = [];
  for (const [i, column] of bound.operator.aggregates.entries()) {
    const value = answerOf(column, footers);
    if (value === undefined) return undefined;
    items.push(`CAST(${value} AS ${bound.schema[i]?.type}) AS ${quotedName(column.name)}`);
  }
  const sql = `SELECT ${items.join(', ')}`;
  const reason = 'the footers of the files say it: no row is read';
  return {
    operator: { kind: 'gather', rowByRow: false, sql: () => sql, reason, volatile: false, known: true },
    schema: bound.schema,
    inputs: [],
  };
}

/** Columns of a file by the names, in lower case, that they have in a relation. */
type Columns = ReadonlyMap<string, Column>;

/** A scan whose rows and columns are passed on as they are, whatever they are called. */
function renamedScan(bound: Bound): { scan: BoundOf<'scan'>; columns: Columns } | undefined {
  if (isScan(bound))
    return { scan: bound, columns: new Map(bound.schema.map((each) => [each.name.toLowerCase(), each])) };
  const { operator } = bound;
  const below = operator.kind === 'project' ? renamedScan(inputOf(bound)) : undefined;
  if (operator.kind !== 'project' || below === undefined) return undefined;
  const columns = new Map<string, Column>();
  for (const { name, tree } of operator.columns) {
    const own = columnOf(tree, below.columns);
    if (own === undefined) return undefined;
    columns.set(name.toLowerCase(), own);
  }
  return { scan: below.scan, columns };
}

const isScan = (bound: Bound): bound is BoundOf<'scan'> => bound.operator.kind === 'scan';

function columnOf(node: AstNode | undefined, columns: Columns): Column | undefined {
  const [name = '', ...parts] = textsOf(node?.column_names);
  return node?.class === 'COLUMN_REF' && parts.length === 0 ? columns.get(name.toLowerCase()) : undefined;
}

interface Footers {
  readonly source: ResolvedSource;
  readonly columns: Columns;
  readonly context: PlanContext;
}

/** An expression over aggregates with their values in place of them. */
function answerOf({ tree, volatile }: BoundColumn, footers: Footers): string | undefined {
  const { dialect } = footers.context;
  if (volatile || find(tree, ({ class: kind }) => kind === 'SUBQUERY').length > 0) return undefined;
  let isKnown = true;
  const valued = rewrite(tree, (node) => {
    if (!isKnown || !isAggregateCall(node, dialect)) return undefined;
    const value = callValue(node, footers);
    isKnown = value !== undefined;
    return value === undefined ? node : inPlaceOf(node, parseExpression(dialect, value));
  });
  return isKnown && namesIn(valued).size === 0 ? printExpression(dialect, valued) : undefined;
}

function callValue(call: AstNode, footers: Footers): string | undefined {
  const [argument, ...more] = nodesOf(call.children);
  if (more.length > 0 || call.filter || call.distinct) return undefined;
  const name = String(call.function_name).toLowerCase();
  const { splits, statistics } = footers.source;
  const rows = splits.reduce((sum, split) => sum + split.rows, 0);
  if (name === 'count_star' || (name === 'count' && argument === undefined)) return `${rows}::BIGINT`;
  const found = columnOf(argument, footers.columns);
  if (found === undefined || !statistics) return undefined;
  const known = statistics(found).filter((each) => each !== undefined);
  if (known.length < splits.length) return undefined;
  if (name === 'count') return known.every(({ noNull }) => noNull) ? `${rows}::BIGINT` : undefined;
  if (name !== 'min' && name !== 'max') return undefined;
  return ordered.test(found.type) ? extreme(name, found.type, known, footers.context) : undefined;
}

/**
 * Types whose statistics are values whatever they are: doubles have NaN, texts may be cut, time zones are no part of a
 * value.
 */
const ordered = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT)|DECIMAL\(.*\)|DATE|TIMESTAMP(_S|_MS)?)$/;

/** More values in a statement take DuckDB's parser longer than a scan saves. */
const valuesMax = 2000;

/** DuckDB compares the values of the row groups as it compares those of rows. */
function extreme(
  name: 'min' | 'max',
  type: string,
  statistics: readonly ColumnStatistics[],
  { dialect }: PlanContext,
): string | undefined {
  const values: string[] = [];
  for (const each of statistics) {
    if (each.allNull) continue;
    const value = each[name];
    if (value === null || !each.exact) return undefined;
    values.push(`(CAST(${literal(value)} AS ${type}))`);
  }
  if (values.length === 0) return `CAST(NULL AS ${type})`;
  if (values.length > valuesMax) return undefined;
  try {
    const [row] = dialect.evaluate(`SELECT ${name}(v)::VARCHAR AS v FROM (VALUES ${values.join(', ')}) AS s(v)`);
    return typeof row?.v === 'string' ? `CAST(${literal(row.v)} AS ${type})` : undefined;
  } catch {
    return undefined; // a text that is no value of the type: the rows will tell
  }
}
