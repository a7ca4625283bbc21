import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { AstNode } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import { describeOver } from '../../bind/describe.ts';
import { columnNamed, parseExpression, printExpression } from '../../expressions.ts';
import type { Attachment } from './conjuncts.ts';
import { beside, type Site } from './subquery-site.ts';

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
  const { lowering, tables } = site;
  const { dialect } = lowering.context;
  const isEqual = comparison === 'COMPARE_EQUAL';
  if (!isEqual && operators[comparison] === undefined) return undefined;
  const { plan, columns } = lowering.part(query, tables);
  const schema = lowering.schemaOf(plan);
  const types = columns.map(({ internal }, i) => {
    const own = schema.find(({ name }) => name === internal)?.type ?? '';
    return commonType(site.typeOf(compared[i] ?? {}), own, site);
  });
  if (types.some((type) => type === undefined)) return undefined;
  const values = columns.map(({ internal }, i) => `CAST(${quotedName(internal)} AS ${types[i]})`);
  const names = ['rows', 'known', 'least', 'most'].map((name) => lowering.names.madeUp(name));
  const [rows = '', known = '', least = '', most = ''] = names;
  const isKnown = values.map((value) => `${value} IS NOT NULL`).join(' AND ');
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
  const one: PlanNode = { kind: 'aggregate', input: plan, keys: [], aggregates };
  const texts = compared.map((tree) => `(${printExpression(dialect, tree)})`);
  attached.push(
    beside(
      one,
      aggregates.map(({ name }) => name),
    ),
  );
  const [x = ''] = texts;
  const hit = isEqual ? found(plan, values, isKnown) : ordered(comparison, x, quotedName(least), quotedName(most));
  const isUnknown = [...texts.map((text) => `${text} IS NULL`), `${quotedName(rows)} > ${quotedName(known)}`].join(
    ' OR ',
  );
  const text = `CASE WHEN ${hit} THEN true WHEN ${quotedName(rows)} > 0 AND (${isUnknown}) THEN NULL ELSE false END`;
  return parseExpression(dialect, `CAST(${text} AS BOOLEAN)`);

  function found(input: PlanNode, list: readonly string[], condition: string): string {
    const mark = lowering.names.madeUp('found');
    const keys = list.map((sql) => ({ name: lowering.names.madeUp('key'), sql }));
    const kept: PlanNode = { kind: 'filter', input, predicate: condition };
    const right: PlanNode = { kind: 'aggregate', input: kept, keys, aggregates: [{ name: mark, sql: 'count(*) > 0' }] };
    const on = compared.map((left, i): AstNode => {
      const key = columnNamed(keys[i]?.name ?? '');
      return { class: 'COMPARISON', type: 'COMPARE_EQUAL', alias: '', left, right: key };
    });
    const adds = new Set([mark, ...keys.map(({ name }) => name)].map((name) => name.toLowerCase()));
    attached.push({ type: 'left', right, on, adds });
    return quotedName(mark);
  }
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
