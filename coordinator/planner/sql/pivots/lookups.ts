import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { SqlNode } from '../../../../shared/plan/nodes/sql.ts';
import { inputsOf, mapInputs } from '../../../../shared/plan/walk.ts';
import { type AstNode, type AstValue, isNode, nodesOf } from '../../../../shared/sql/ast.ts';
import type { Dialect } from '../../dialect.ts';
import { fillParameters } from '../parameters.ts';
import { relationsByName, tableReferences } from '../table-references.ts';
import { pivotsOf } from './fill.ts';
import type { Mark } from './marks.ts';
import { asTable, selectOf } from './trees.ts';

/** Values that a PIVOT does not name: they are asked for before the question itself can be planned. */
export interface PivotLookup {
  /** The question, and which of its columns without values this is, in the order of the text. */
  readonly node: SqlNode;
  readonly at: number;
  /** Yields the values, one text each, in the order of the columns to be. */
  readonly plan: SqlNode;
}

/** The column of a lookup's plan. */
const pivotValue = 'pivot_value';

export interface FoundValues extends Pick<PivotLookup, 'node' | 'at'> {
  readonly values: readonly string[];
}

/**
 * What has to be asked now: of PIVOTs that read others, the inner ones come first. Nothing: the plan can be planned.
 *
 * @param valuesMax one more value is asked for, so that too many can be told
 * @throws SheafError `SQL_INVALID`
 */
export function pivotLookups(plan: PlanNode, dialect: Dialect, valuesMax: number): PivotLookup[] {
  if (plan.kind !== 'sql') return inputsOf(plan).flatMap((input) => pivotLookups(input, dialect, valuesMax));
  const { tree, unknown } = fillParameters(plan, dialect);
  const references = tableReferences(tree, relationsByName(plan.relations));
  const inner = [...new Set(references.map((reference) => reference.plan))].flatMap((input) =>
    pivotLookups(input, dialect, valuesMax),
  );
  if (inner.length > 0) return inner;
  return unknown.flatMap(({ at, mark }) => lookupOf(plan, at, mark, tree, unknown, { dialect, valuesMax }) ?? []);
}

/** The plan with what was found. Equal questions have equal values. */
export function withPivotValues(plan: PlanNode, found: readonly FoundValues[]): PlanNode {
  const byNode = new Map<string, FoundValues[]>();
  for (const each of found) {
    const key = JSON.stringify(each.node);
    byNode.set(key, [...(byNode.get(key) ?? []), each]);
  }
  return filled(plan);

  function filled(node: PlanNode): PlanNode {
    const known = node.kind === 'sql' ? byNode.get(JSON.stringify(node)) : undefined;
    const mapped = mapInputs(node, filled);
    if (mapped.kind !== 'sql' || known === undefined) return mapped;
    const pivots = [...(mapped.pivots ?? [])];
    for (const { at, values } of known) pivots[at] = values;
    return { ...mapped, pivots: Array.from(pivots, (values) => values ?? null) };
  }
}

type Unknown = ReturnType<typeof fillParameters>['unknown'];

/** Nothing where its source has an unknown PIVOT in it: that is asked first. */
function lookupOf(
  node: SqlNode,
  at: number,
  mark: Mark,
  tree: AstNode,
  unknown: Unknown,
  { dialect, valuesMax }: { readonly dialect: Dialect; readonly valuesMax: number },
): PivotLookup | undefined {
  const [pivot] = pivotsOf(tree, mark.name);
  const column = nodesOf(pivot?.pivots).find(({ pivot_enum: name }) => name === mark.name);
  const [expression] = nodesOf(column?.pivot_expressions);
  if (pivot === undefined || expression === undefined) return undefined;
  const scope = scopeOf(tree, pivot) ?? [];
  if (unknown.some((other) => pivotsOf({ source: pivot.source ?? null, scope }, other.mark.name).length > 0))
    return undefined;
  const select =
    mark.select === undefined ? ofColumn(expression, pivot, valuesMax, dialect) : ofSelect(mark.select, dialect);
  const statement = { ...select, cte_map: { map: scope } };
  const { paths, relations, functions, callable } = node;
  const plan: SqlNode = {
    kind: 'sql',
    text: dialect.print({ error: false, statements: [{ node: statement }] }),
    ...(relations === undefined ? {} : { relations }),
    ...(functions === undefined ? {} : { functions }),
    ...(paths === undefined ? {} : { paths }),
    ...(callable === undefined ? {} : { callable }),
  };
  return { node, at, plan };
}

/** As DuckDB asks: what is not null, as text, in the order of texts. */
function ofColumn(expression: AstNode, { source }: AstNode, valuesMax: number, dialect: Dialect): AstNode {
  const select = selectOf(
    `SELECT DISTINCT CAST(a AS VARCHAR) AS ${pivotValue} FROM t WHERE a IS NOT NULL ORDER BY 1 LIMIT ${valuesMax + 1}`,
    dialect,
  );
  const [cast = {}] = nodesOf(select.select_list);
  const where = isNode(select.where_clause) ? select.where_clause : {};
  return {
    ...select,
    select_list: [{ ...cast, child: expression }],
    where_clause: { ...where, children: [expression] },
    from_table: source ?? null,
  };
}

/** `IN (SELECT …)`: in its own order, of equal ones the first counts. */
function ofSelect(sql: string, dialect: Dialect): AstNode {
  const text = `SELECT CAST(v AS VARCHAR) AS ${pivotValue} FROM (SELECT 1) AS t(v) WHERE v IS NOT NULL`;
  const select = selectOf(text, dialect);
  const table = isNode(select.from_table) ? select.from_table : {};
  return { ...select, from_table: asTable(table, selectOf(sql, dialect), dialect) };
}

/** The entries of WITH clauses that a node may speak of; nothing if it does not stand in the tree. */
function scopeOf(value: AstValue | undefined, wanted: AstNode): readonly AstNode[] | undefined {
  if (value === wanted) return [];
  if (Array.isArray(value)) {
    for (const item of value as readonly AstValue[]) {
      const scope = scopeOf(item, wanted);
      if (scope !== undefined) return scope;
    }
  }
  if (!isNode(value)) return undefined;
  const { cte_map: clause, ...rest } = value;
  const entries = isNode(clause) ? nodesOf(clause.map) : [];
  for (const [at, entry] of entries.entries()) {
    const scope = scopeOf(entry, wanted);
    if (scope !== undefined) return [...entries.slice(0, at), ...scope];
  }
  for (const child of Object.values(rest)) {
    const scope = scopeOf(child, wanted);
    if (scope !== undefined) return [...entries, ...scope];
  }
  return undefined;
}
