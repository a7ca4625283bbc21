import { SheafError } from '../../../shared/errors.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import type { NamedExpression } from '../../../shared/plan/nodes/expression.ts';
import type { SqlNode } from '../../../shared/plan/nodes/sql.ts';
import { type AstNode, type AstValue, find, inPlaceOf, isNode, nodesOf, rewrite } from '../../../shared/sql/ast.ts';
import { tokenize } from '../../../shared/sql/tokens.ts';
import type { Dialect } from '../dialect.ts';
import { parseExpression } from '../expressions/tree.ts';
import { fillMarks, type ParsedPivots, parsePivots } from './pivots/fill.ts';
import type { Mark } from './pivots/marks.ts';

/** SQL whose parameters have become constants. */
export interface Filled {
  readonly tree: AstNode;
  /** The user's text with the same constants, for DuckDB's messages and names of columns. */
  readonly text: string;
  /** Marks of PIVOTs whose values are not known yet, with their places in `SqlNode.pivots`. */
  readonly unknown: readonly { readonly at: number; readonly mark: Mark }[];
}

/**
 * The tree of a SQL node. Values never become text on their way to the tree: each parameter's node is replaced by the
 * node of its value.
 *
 * @throws SheafError `SQL_INVALID`, also for a parameter without a value and a value without a parameter
 */
export function fillParameters(node: SqlNode, dialect: Dialect): Filled {
  const { pivots = [] } = node;
  const { marks, ...parsed } = filledWith(parsePivots(node.text, dialect), node, dialect);
  const values = new Map(marks.flatMap(({ name }, at) => (pivots[at] ? [[name, pivots[at]] as const] : [])));
  const unknown = marks.flatMap((mark, at) => (values.has(mark.name) ? [] : [{ at, mark }]));
  return { ...fillMarks(parsed, values, dialect), unknown };
}

/** Parameters become values in all that was parsed. */
function filledWith(parsed: ParsedPivots, { parameters = [] }: SqlNode, dialect: Dialect): ParsedPivots {
  const { tree, text, marks } = parsed;
  const wanted = [...find(tree, isParameter).map(nameOf), ...marks.flatMap(({ select = '' }) => namesIn(select))];
  if (wanted.length === 0 && parameters.length === 0) return parsed;
  const values = new Map(parameters.map(({ name, sql }) => [name.toLowerCase(), sql]));
  for (const name of wanted) if (!values.has(name)) throw noValue(name, parameters);
  for (const name of values.keys()) if (!wanted.includes(name)) throw noParameter(name, wanted);
  const ordering = orderingAggregates(tree);
  const filled = rewrite(tree, (node) => {
    if (!isParameter(node)) return undefined;
    const value = inPlaceOf(node, parseExpression(dialect, values.get(nameOf(node)) ?? ''));
    return ordering.has(node) ? asNoLiteral(value) : value;
  });
  return {
    tree: withoutParameterMap(filled),
    text: filledText(text, values),
    marks: marks.map(({ name, select }) =>
      select === undefined ? { name } : { name, select: filledText(select, values) },
    ),
  };
}

/**
 * Parameters that are the whole of what an aggregate's rows are ordered by: `quantile_cont(0.5 ORDER BY ?)`. DISTINCT values
 * are ordered by themselves: `list(DISTINCT $v ORDER BY $v)`.
 */
const orderingAggregates = (tree: AstNode): ReadonlySet<AstValue | undefined> =>
  new Set(
    find(tree, ({ class: kind }) => kind === 'FUNCTION').flatMap(({ order_bys: by, distinct, children }) => {
      const orders = isNode(by) ? nodesOf(by.orders).map(({ expression }) => expression) : [];
      return distinct === true && orders.length > 0 ? [...orders, ...nodesOf(children)] : orders;
    }),
  );

/** DuckDB takes a literal there for a mistake, and a parameter for what it is worth. */
function asNoLiteral(child: AstNode): AstNode {
  const type = isNode(child.value) ? child.value.type : undefined;
  if (child.class !== 'CONSTANT' || type === undefined) return child;
  return { class: 'CAST', type: 'OPERATOR_CAST', alias: '', child, cast_type: type, try_cast: false };
}

const namesIn = (text: string): string[] =>
  tokenize(text).flatMap(({ kind, sql }) => (kind === 'parameter' ? [sql.slice(1).toLowerCase()] : []));

const withoutParameterMap = (tree: AstNode): AstNode => ({
  ...tree,
  statements: nodesOf(tree.statements).map((statement) => ({ ...statement, named_param_map: [] })),
});

const isParameter = (node: AstNode): boolean => node.class === 'PARAMETER';
const nameOf = ({ identifier }: AstNode): string => String(identifier).toLowerCase();

/** `?`, `$1` and `$name`, as DuckDB reads them: nothing of this is in a literal, a quoted name or a comment. */
function filledText(text: string, values: ReadonlyMap<string, string>): string {
  let asked = 0;
  const filled = tokenize(text).map(({ kind, sql }) => {
    if (kind === 'other' && sql === '?') return values.get(String(++asked)) ?? sql;
    return kind === 'parameter' ? (values.get(sql.slice(1).toLowerCase()) ?? sql) : sql;
  });
  return filled.join('');
}

const noValue = (name: string, given: readonly NamedExpression[]): SheafError => {
  const names = given.map((each) => each.name);
  const next = `Give it a value: cluster.sql(text, { ${/^\d/.test(name) ? `'${name}'` : name}: … }), or --param ${name}=….`;
  return new SheafError('SQL_INVALID', `The parameter $${name} has no value`, {
    next: [/^\d/.test(name) ? '' : didYouMean(names, name), next].filter(Boolean).join(' '),
  });
};

const noParameter = (name: string, wanted: readonly string[]): SheafError =>
  new SheafError('SQL_INVALID', `A value is given for $${name}, which the SQL does not name`, {
    next: didYouMean(wanted, name) ?? `Write $${name} where the value belongs, or leave the value out.`,
  });
