import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { Schema } from '../../../../shared/schema.ts';
import type { AstNode } from '../../../../shared/sql/ast.ts';
import type { BoundOf } from '../../bound/plan.ts';
import { cutTo } from '../../bound/prune.ts';
import type { PlanContext } from '../../context.ts';
import { isVolatile } from '../../expressions/volatile.ts';
import { gatheredFilters } from '../../sql/gathered-filters.ts';
import { filterBy } from '../../sql/lower/conjuncts.ts';
import { takesSample } from '../../sql/lower/samples.ts';
import { isTreeRowByRow } from '../../sql/row-by-row.ts';
import { StarsElsewhere } from '../../sql/stars-elsewhere.ts';
import type { TableReference } from '../../sql/table-references.ts';
import { wholeFiles } from '../../sql/whole-files.ts';
import { usedColumns, withRelations } from '../../sql/with-relations.ts';
import { columnNames } from '../describe.ts';
import type { BindPlan, Question } from './question.ts';

/** A table where the text names it, and the plan that makes its rows. */
interface Mention {
  readonly reference: TableReference;
  readonly schema: Schema;
  readonly plan: PlanNode;
}

/** The question in one task, over inputs that many make. What is read more than once is made once. */
export function gather(
  question: Question,
  schema: Schema,
  reason: string,
  context: PlanContext,
  bindPlan: BindPlan,
): BoundOf<'gather'> {
  const { tree, references, relations } = question;
  const { dialect } = context;
  const mentions = mentionsOf(question);
  const plans = [...new Set(mentions.map(({ plan }) => plan))];
  const places = mentions.map(({ plan }) => plans.indexOf(plan));
  const own = context.whole ? plans.map((plan) => wholeFiles(plan, context)) : [];
  const tableAt = (at: number, names: readonly string[]): string | AstNode => {
    const place = places[at] ?? -1;
    return own[place] ?? names[place] ?? question.nameOf(at);
  };
  return {
    operator: {
      kind: 'gather',
      sql: (names) => dialect.print(withRelations(tree, references, (at) => tableAt(at, names))),
      reason,
      rowByRow: references.length === 1 && isTreeRowByRow(tree, relations, dialect),
      volatile: isVolatile(dialect, tree) || takesSample(tree),
    },
    schema,
    inputs: inputsOf(plans, mentions, question, context).map(({ plan, used }) => cutTo(bindPlan(plan), used)),
  };
}

function mentionsOf({ references, schemas }: Question): readonly Mention[] {
  const planOf = onePerScan();
  return references.map((reference, i) => ({ reference, schema: schemas[i] ?? [], plan: planOf(reference) }));
}

/**
 * What is made of each plan: the columns that the text uses, and the rows that its conditions may keep, if one mention
 * reads it.
 */
function inputsOf(
  plans: readonly PlanNode[],
  mentions: readonly Mention[],
  { tree, references }: Question,
  { dialect, whole }: PlanContext,
): { readonly plan: PlanNode; readonly used: ReadonlySet<string> }[] {
  const stars = new StarsElsewhere(tree, withoutFiles(references));
  const filters = whole ? undefined : gatheredFilters(tree, mentions, dialect);
  return plans.map((plan) => {
    const readers = mentions.filter((mention) => mention.plan === plan);
    const used = readers.flatMap(({ reference, schema }) => usedColumns(stars.without(reference), reference, schema));
    const [only, ...more] = readers;
    const conditions = only === undefined || more.length > 0 ? [] : (filters?.get(only.reference) ?? []);
    return { plan: filterBy(plan, conditions, dialect), used: columnNames(used) };
  });
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
const withoutFiles =
  (references: Question['references']) =>
  (node: AstNode): AstNode | undefined =>
    node.type === 'TABLE_FUNCTION' && references.some((reference) => reference.node === node)
      ? { type: 'EMPTY' }
      : undefined;
