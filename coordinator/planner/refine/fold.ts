import { find } from '../../../shared/sql/ast.ts';
import { type Bound, type BoundExpression, type BoundOf, inputOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';

/**
 * Asks DuckDB about conditions that speak of no row, and leaves out what they decide: a filter that is always met, a
 * branch whose filter never is, and what follows from a branch without rows.
 */
export function fold(bound: Bound, context: PlanContext): Bound {
  const inputs = bound.inputs.map((input) => fold(input, context));
  const folded = { ...bound, inputs };
  if (isFilter(folded)) {
    const value = constantOf(folded.operator.predicate, context);
    if (value === true) return inputOf(folded);
    if (value === false) return empty(folded);
  }
  return hasNoRows(folded) ? empty(folded) : withoutEmpty(folded);
}

const isFilter = (bound: Bound): bound is BoundOf<'filter'> => bound.operator.kind === 'filter';

/** Null counts as false. Nothing if it depends on rows or chance, or cannot be computed. */
function constantOf({ tree, names, volatile, sql }: BoundExpression, { dialect }: PlanContext): boolean | undefined {
  if (names.size > 0 || volatile || find(tree, ({ class: kind }) => kind === 'SUBQUERY').length > 0) return undefined;
  try {
    const [row] = dialect.evaluate(`SELECT COALESCE((${sql})::BOOLEAN, false) AS v`);
    return row?.v === true;
  } catch {
    return undefined; // the tasks will say so in the words of the question, if there are rows
  }
}

const empty = ({ schema }: Bound): BoundOf<'empty'> => ({ operator: { kind: 'empty' }, schema, inputs: [] });

const isEmpty = ({ operator }: Bound): boolean => operator.kind === 'empty';

function hasNoRows({ operator, inputs }: Bound): boolean {
  const [first = false, second = false] = inputs.map(isEmpty);
  switch (operator.kind) {
    case 'scan':
      return operator.splits?.length === 0;
    case 'filter':
    case 'project':
    case 'distinct':
    case 'sort':
    case 'window':
      return first;
    case 'limit':
      return first || operator.limit === 0;
    case 'aggregate':
      return first && operator.keys.length > 0 && !hasEmptySet(operator.sets);
    case 'join':
      return joinIsEmpty(operator.type, first, second);
    case 'union':
      return inputs.every(isEmpty);
    default:
      return false;
  }
}

function joinIsEmpty(type: BoundOf<'join'>['operator']['type'], left: boolean, right: boolean): boolean {
  if (type === 'inner' || type === 'semi') return left || right;
  if (type === 'left' || type === 'anti') return left;
  return type === 'right' ? right : left && right;
}

/** Of a union, the inputs that have rows: where all have its types, none of them is needed for its types alone. */
function withoutEmpty(bound: Bound): Bound {
  const isTyped = ({ schema }: Bound): boolean => schema.every(({ type }, i) => type === bound.schema[i]?.type);
  if (bound.operator.kind !== 'union' || !bound.inputs.every(isTyped)) return bound;
  return { ...bound, inputs: bound.inputs.filter((input) => !isEmpty(input)) };
}

/** The set without keys has a row where there are none. */
const hasEmptySet = (sets: readonly (readonly number[])[] = []): boolean => sets.some((set) => set.length === 0);
