import { assert, SheafError } from '../../../shared/errors.ts';
import type { PlanNode, PlanOf } from '../../../shared/plan/node.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, isNode, nodesOf, onlyStatement, rewrite } from '../../../shared/sql/ast.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { Bound, BoundOf } from '../bound/plan.ts';
import { cutTo } from '../bound/prune.ts';
import { isStable } from '../bound/stable.ts';
import type { PlanContext } from '../context.ts';
import { fixTime } from '../expressions/present-time.ts';
import { inOwnLines } from '../expressions/tree.ts';
import { isVolatile } from '../expressions/volatile.ts';
import { callsOfElements, functionsByName, hasCall } from '../functions/calls.ts';
import { contextOf, unlessFailedBefore } from '../functions/failed-before.ts';
import { liftFunctions } from '../functions/lift.ts';
import { notPlaced } from '../sql/calls/not-placed.ts';
import { type Placed, placeCalls, takenApart } from '../sql/calls/place-calls.ts';
import { gatheredFilters } from '../sql/gathered-filters.ts';
import { filterBy } from '../sql/lower/conjuncts.ts';
import { SqlLowering } from '../sql/lower/lowering.ts';
import { refuseUnstable } from '../sql/lower/mentions.ts';
import { NotDistributed } from '../sql/lower/names/names.ts';
import { lowerQuery } from '../sql/lower/query.ts';
import { takesSample } from '../sql/lower/samples.ts';
import { fillParameters } from '../sql/parameters.ts';
import { isTreeRowByRow } from '../sql/row-by-row.ts';
import { relationsByName, type TableReference, tableReferences, whyReadWhole } from '../sql/table-references.ts';
import { isOwnFile, virtualColumn } from '../sql/virtual-columns.ts';
import { wholeFiles } from '../sql/whole-files.ts';
import {
  relationPrefix,
  usedColumns,
  withEmptyRelations,
  withoutExistsLists,
  withRelations,
} from '../sql/with-relations.ts';
import { columnNames, describeOver } from './describe.ts';
import { bindProject } from './narrow.ts';
import type { Question } from './question.ts';
import { refuseHarm } from './refusals.ts';
import { explained } from './sql-errors.ts';

/**
 * A whole SELECT: what is understood of it becomes operators; of anything else the tables are made in parallel, and the
 * query runs over them in one task.
 *
 * @throws SheafError `SQL_INVALID` with a caret, `COLUMN_UNKNOWN` and `TABLE_UNKNOWN` with the nearest names
 */
export function bindSql(
  node: PlanOf<'sql'>,
  context: PlanContext,
  bindIn: (plan: PlanNode, context: PlanContext) => Bound,
): Bound {
  const inner = contextOf(node, context);
  return unlessFailedBefore(node, inner, () => bindQuestion(node, context, inner, (plan) => bindIn(plan, inner)));
}

/** @param inner the context in which DuckDB knows the functions, which `bindPlan` is for */
function bindQuestion(node: PlanOf<'sql'>, context: PlanContext, inner: PlanContext, bindPlan: BindPlan): Bound {
  const functions = functionsByName(node.functions);
  const question = lookInto(node, inner, bindPlan);
  const result = describeQuestion(question, inner);
  const [element] = callsOfElements(question.tree, functions);
  if (element !== undefined) throw notPlaced(element, question, functions, 'a lambda');
  const lowered = context.whole ? 'it reads little' : lower(question, result, inner, bindPlan);
  if (typeof lowered !== 'string') return liftFunctions(lowered, functions, context);
  if (hasCall(question.tree, functions)) return aroundCalls(question, result, lowered, inner, bindPlan);
  return gather(question, result, lowered, context, bindPlan);
}

/** A question that is gathered but for the functions that it calls. @throws SheafError `NOT_SUPPORTED` where that cannot be */
function aroundCalls(
  question: Question,
  result: Schema,
  reason: string,
  context: PlanContext,
  bindPlan: BindPlan,
): Bound {
  const { tree, relations, functions } = question;
  const query = onlyStatement(tree) ?? {};
  const lowering = (): SqlLowering => new SqlLowering(tree, { relations, functions }, context, bindPlan);
  const apart = takenApart(query, lowering());
  const bound = (apart && boundApart(apart, bindPlan)) ?? boundWhole(placeCalls(query, lowering()));
  if (bound.schema.some(({ type }, i) => type !== result[i]?.type) || bound.schema.length !== result.length)
    throw new SheafError('INTERNAL', 'The columns of a question changed where its functions are called');
  const columns = bound.schema.map(({ name }, i) => ({ name: result[i]?.name ?? name, sql: quotedName(name) }));
  return bindProject(columns, bound, context);

  function boundWhole(placed: Placed): Bound {
    if ('call' in placed) throw notPlaced(placed.call, question, functionsByName(functions), reason);
    return bindPlan(placed.plan);
  }
}

/** Nothing where one of its parts finds no place for a call, either. */
function boundApart(plan: PlanNode, bindPlan: BindPlan): Bound | undefined {
  try {
    return bindPlan(plan);
  } catch (thrown) {
    if (thrown instanceof SheafError && thrown.code === 'NOT_SUPPORTED') return undefined;
    throw thrown;
  }
}

type BindPlan = (plan: PlanNode) => Bound;

function lookInto(node: PlanOf<'sql'>, context: PlanContext, bindPlan: BindPlan): Question {
  const { tree: parsed, text, unknown } = fillParameters(node, context.dialect);
  assert(unknown.length === 0, 'the values of all PIVOTs are known');
  const relations = relationsByName(node.relations);
  if (onlyStatement(parsed) === undefined) {
    const isEmpty = nodesOf(parsed.statements).length === 0;
    throw new SheafError('SQL_INVALID', isEmpty ? 'The text holds no question' : 'The text holds several statements', {
      next: 'Write one SELECT.',
    });
  }
  refuseHarm(parsed, context.dialect);
  const schemas = tableReferences(parsed, relations).map(({ plan }) => bindPlan(plan).schema);
  const columns = new Set(schemas.flatMap((schema) => [...columnNames(schema)]));
  const tree = fixTime(context.dialect, parsed, context.nowMs, columns);
  const prefix = relationPrefix(tree);
  const all = tableReferences(tree, relations);
  const virtual = virtualColumn(tree, schemas);
  const scanned = all.map((each) => virtual === undefined || !isOwnFile(each, relations));
  return {
    text,
    relations,
    functions: node.functions ?? [],
    callable: node.callable ?? [],
    tree,
    references: all.filter((_, i) => scanned[i]),
    schemas: schemas.filter((_, i) => scanned[i]),
    ...(virtual === undefined ? {} : { virtual }),
    nameOf: (at) => `${prefix}${at}`,
  };
}

/**
 * The result's columns; equal names are told apart as DuckDB does it in a subquery. The user's own text is asked about where
 * it can be, so that columns without an alias are called as DuckDB calls them; else the text as DuckDB prints it.
 */
function describeQuestion(question: Question, { dialect }: PlanContext): Schema {
  const own = describeOwnText(question, dialect);
  if (own !== undefined && !(own instanceof SheafError)) return own;
  const { tree, references, schemas } = question;
  // As subqueries, not in a WITH clause: DuckDB cannot decorrelate some joins of what stands in one.
  const sql = dialect.print(withEmptyRelations(tree, references, schemas, dialect));
  try {
    return asWritten(dialect.describe(`SELECT * FROM (\n${sql}\n)`), question.text);
  } catch (thrown) {
    throw explained(SheafError.from(thrown), own, question);
  }
}

/** A printed tree has arrows for all functions; DuckDB calls a column without an alias by what was written. */
const asWritten = (schema: Schema, text: string): Schema =>
  /\blambda\b/i.test(text)
    ? schema.map(({ name, type }) => ({ name: name.replace(arrow, '(lambda $1$2: '), type }))
    : schema;

/** `(v -> ` or `("row"(x, y) -> ` */
const arrow = /\((?:"row"\(([\w, ]+?)\)|(\w+)) -> /g;

/** Described with tables that are named as in the text; nothing where files stand in it otherwise. */
function describeOwnText(
  { text, references, schemas }: Question,
  dialect: PlanContext['dialect'],
): Schema | SheafError | undefined {
  const relations = references.map(({ name }, i) => ({ name, schema: schemas[i] ?? [] }));
  if (relations.length === 0 || references.some(({ node }) => node.type !== 'BASE_TABLE')) return undefined;
  const unique = relations.filter(({ name }, i) => relations.findIndex((other) => other.name === name) === i);
  try {
    return describeOver(dialect, unique, `SELECT * FROM (\n${text.replace(/(\s*;)+\s*$/, '')}\n)`);
  } catch (thrown) {
    return inOwnLines(SheafError.from(thrown));
  }
}

/** The question as plan nodes with its columns, or for people why it is not. */
function lower(
  { tree, references, relations, functions, virtual }: Question,
  result: Schema,
  context: PlanContext,
  bindPlan: BindPlan,
): Bound | string {
  if (virtual !== undefined) return `"${virtual}" is known to DuckDB's own readers of files alone`;
  const select = fromSomething(onlyStatement(tree), functions, context);
  if (select === undefined || (references.length === 0 && functions.length === 0))
    return whyReadWhole(tree) ?? 'it reads no file that is scanned';
  const again = references.filter(({ plan }, i) => references.findIndex((other) => other.plan === plan) !== i);
  if (again.some(({ plan }) => !isStable(bindPlan(plan))))
    return 'it reads a dataset more than once that may have other rows each time';
  try {
    refuseUnstable(tree, context);
    const lowering = new SqlLowering(tree, { relations, functions }, context, bindPlan);
    const bound = bindPlan(lowerQuery(select, new Map(), lowering, result).plan);
    // Whatever went wrong here must not change an answer: equal columns are the least to ask for.
    return JSON.stringify(bound.schema) === JSON.stringify(result) ? bound : 'its parts have columns of other types';
  } catch (thrown) {
    if (thrown instanceof NotDistributed) return thrown.reason;
    const { code, message } = SheafError.from(thrown);
    if (code === 'INTERNAL') throw thrown;
    return `its parts do not stand alone: ${message.split('\n')[0]}`; // the question itself is valid: DuckDB described it
  }
}

/** What is read more than once is made once. */
function gather(
  question: Question,
  schema: Schema,
  reason: string,
  context: PlanContext,
  bindPlan: BindPlan,
): BoundOf<'gather'> {
  const { tree, references, relations, schemas, nameOf } = question;
  const { dialect } = context;
  const planOf = onePerScan();
  const plans = [...new Set(references.map(planOf))];
  const without = withoutExistsLists(withoutFiles(tree, references));
  const tables = references.map((reference, i) => ({ reference, schema: schemas[i] ?? [] }));
  const filters = context.whole ? new Map<TableReference, never[]>() : gatheredFilters(tree, tables, dialect);
  const inputs = plans.map((plan) => {
    const used = references.flatMap((reference, i) =>
      planOf(reference) === plan ? usedColumns(without, reference, schemas[i] ?? []) : [],
    );
    const [only, ...more] = references.filter((reference) => planOf(reference) === plan);
    const conditions = only === undefined || more.length > 0 ? [] : (filters.get(only) ?? []);
    return cutTo(bindPlan(filterBy(plan, conditions, dialect)), columnNames(used));
  });
  const places = references.map((reference) => plans.indexOf(planOf(reference)));
  const readers = context.whole ? plans.map((plan) => wholeFiles(plan, context)) : [];
  const tableOf = (names: readonly string[]) => (at: number) => {
    const place = places[at] ?? -1;
    return readers[place] ?? names[place] ?? nameOf(at);
  };
  return {
    operator: {
      kind: 'gather',
      sql: (names) => dialect.print(withRelations(tree, references, tableOf(names))),
      reason,
      rowByRow: references.length === 1 && isTreeRowByRow(tree, relations, dialect),
      volatile: isVolatile(dialect, tree) || takesSample(tree),
    },
    schema,
    inputs,
  };
}

/** Two mentions of the same files are one table, as in the text: DuckDB takes expressions over them for equal. */
function onePerScan(): (reference: Pick<TableReference, 'plan'>) => PlanNode {
  const scans = new Map<string, PlanNode>();
  return ({ plan }) => {
    if (plan.kind !== 'scan') return plan;
    const key = JSON.stringify(plan);
    const first = scans.get(key) ?? plan;
    scans.set(key, first);
    return first;
  };
}

/** Names of files are no names of columns. */
const withoutFiles = (tree: AstNode, references: Question['references']): AstNode =>
  rewrite(tree, (node) =>
    node.type === 'TABLE_FUNCTION' && references.some((reference) => reference.node === node)
      ? { type: 'EMPTY' }
      : undefined,
  );

/** A SELECT without FROM that calls a function is over one row: functions are called for rows. */
function fromSomething(
  select: AstNode | undefined,
  functions: readonly unknown[],
  { dialect }: PlanContext,
): AstNode | undefined {
  const isEmpty = select !== undefined && isNode(select.from_table) && select.from_table.type === 'EMPTY';
  if (!isEmpty || functions.length === 0) return select;
  return { ...select, from_table: onlyStatement(dialect.parse('FROM (VALUES (0)) AS one(zero)'))?.from_table ?? null };
}
