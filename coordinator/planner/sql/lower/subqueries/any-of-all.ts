import type { PlanNode } from '../../../../../shared/plan/node.ts';
import type { AstNode } from '../../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../../shared/sql/text.ts';
import { describeOver } from '../../../bind/describe.ts';
import { columnNamed, parseExpression, printExpression } from '../../../expressions/tree.ts';
import type { Attachment } from '../conjuncts.ts';
import { beside, type Site } from './site.ts';

/**
 * `x = ANY (SELECT …)` and its like over rows that do not depend on x: equality by a join with the different values, order by
 * the least or the greatest of them, both beside the numbers of rows and nulls. Nothing where the types are compared in another way than
 * by one type that keeps their order.
 */
export function anyOfAll(
  query: AstNode,
  compared: readonly AstNode[],
  comparison: string,
  site: Site,
  attached: Attachment[],
): AstNode | undefined {
  const { dialect } = site.lowering.context;
  const isEqual = comparison === 'COMPARE_EQUAL';
  if (!isEqual && operators[comparison] === undefined) return undefined;
  const list = comparableRows(query, compared, site);
  if (list === undefined) return undefined;
  const { rows, known, least, most } = attachCounts(list, isEqual, site, attached);
  const texts = compared.map((tree) => `(${printExpression(dialect, tree)})`);
  const [x = ''] = texts;
  const hit = isEqual ? attachValues(list, compared, site, attached) : ordered(comparison, x, least, most);
  const isUnknown = [...texts.map((text) => `${text} IS NULL`), `${rows} > ${known}`].join(' OR ');
  const text = `CASE WHEN ${hit} THEN true WHEN ${rows} > 0 AND (${isUnknown}) THEN NULL ELSE false END`;
  return parseExpression(dialect, `CAST(${text} AS BOOLEAN)`);
}

/** The subquery's rows, and its columns in the types in which they are compared. */
interface ComparableRows {
  readonly plan: PlanNode;
  readonly values: readonly string[];
  readonly isKnown: string;
}

function comparableRows(query: AstNode, compared: readonly AstNode[], site: Site): ComparableRows | undefined {
  const { lowering, tables } = site;
  const { plan, columns } = lowering.part(query, tables);
  const schema = lowering.schemaOf(plan);
  const types = columns.map(({ internal }, i) => {
    const own = schema.find(({ name }) => name === internal)?.type ?? '';
    return commonType(site.typeOf(compared[i] ?? {}), own, site);
  });
  if (types.some((type) => type === undefined)) return undefined;
  const values = columns.map(({ internal }, i) => `CAST(${quotedName(internal)} AS ${types[i]})`);
  return { plan, values, isKnown: values.map((value) => `${value} IS NOT NULL`).join(' AND ') };
}

/** How many rows there are, how many are known, and for an order their bounds: one row beside all others. Quoted names. */
function attachCounts({ plan, values, isKnown }: ComparableRows, isEqual: boolean, site: Site, attached: Attachment[]) {
  const names = ['rows', 'known', 'least', 'most'].map((name) => site.lowering.names.madeUp(name));
  const [rows = '', known = '', least = '', most = ''] = names;
  const [first = ''] = values;
  const bounds = [
    { name: least, sql: `min(${first})` },
    { name: most, sql: `max(${first})` },
  ];
  const counts = [
    { name: rows, sql: 'count(*)' },
    { name: known, sql: `count(*) FILTER (WHERE ${isKnown})` },
  ];
  const aggregates = isEqual ? counts : [...counts, ...bounds];
  const added = aggregates.map(({ name }) => name);
  attached.push(beside({ kind: 'aggregate', input: plan, keys: [], aggregates }, added));
  return { rows: quotedName(rows), known: quotedName(known), least: quotedName(least), most: quotedName(most) };
}

/** Joins the different values that are known. @returns the name of what is true where one is equal, quoted */
function attachValues(
  { plan, values, isKnown }: ComparableRows,
  compared: readonly AstNode[],
  { lowering }: Site,
  attached: Attachment[],
): string {
  const mark = lowering.names.madeUp('found');
  const keys = values.map((sql) => ({ name: lowering.names.madeUp('key'), sql }));
  const input: PlanNode = { kind: 'filter', input: plan, predicate: isKnown };
  const right: PlanNode = { kind: 'aggregate', input, keys, aggregates: [{ name: mark, sql: 'count(*) > 0' }] };
  const on = compared.map((left, i): AstNode => {
    const key = columnNamed(keys[i]?.name ?? '');
    return { class: 'COMPARISON', type: 'COMPARE_EQUAL', alias: '', left, right: key };
  });
  const adds = new Set([mark, ...keys.map(({ name }) => name)].map((name) => name.toLowerCase()));
  attached.push({ type: 'left', right, on, adds });
  return quotedName(mark);
}

const operators: Readonly<Record<string, (x: string, least: string, most: string) => string>> = {
  COMPARE_LESSTHAN: (x, _, most) => `${x} < ${most}`,
  COMPARE_LESSTHANOREQUALTO: (x, _, most) => `${x} <= ${most}`,
  COMPARE_GREATERTHAN: (x, least) => `${x} > ${least}`,
  COMPARE_GREATERTHANOREQUALTO: (x, least) => `${x} >= ${least}`,
  COMPARE_NOTEQUAL: (x, least, most) => `(${x} <> ${least} OR ${x} <> ${most})`,
};

const ordered = (comparison: string, x: string, least: string, most: string): string =>
  operators[comparison]?.(x, least, most) ?? 'false';

/** In which both are compared; nothing where that is not sure. */
function commonType(left: string | undefined, right: string, { lowering }: Site): string | undefined {
  if (left === undefined || left === right) return left;
  if (!ordinary.test(left) || !ordinary.test(right)) return undefined;
  const text = `SELECT [CAST(NULL AS ${left}), CAST(NULL AS ${right})] AS l FROM input`;
  const input = { name: 'input', schema: [{ name: 'a', type: 'INTEGER' }] };
  const [list] = describeOver(lowering.context.dialect, [input], text);
  return list?.type.replace(/\[\]$/, '');
}

/** Types whose values keep their order in the type that DuckDB compares them by. */
const ordinary = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(.*\)|FLOAT|DOUBLE)$/;
