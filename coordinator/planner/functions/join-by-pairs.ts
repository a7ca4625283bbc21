import type { JoinType } from '../../../shared/plan/nodes/join.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, rewrite, textsOf } from '../../../shared/sql/ast.ts';
import { sharedRows } from '../bind/shared-rows.ts';
import type { Bound, BoundOf } from '../bound/plan.ts';
import { columnNamed, namesIn, parseExpression } from '../expressions/tree.ts';
import { innermostCalls } from './calls.ts';
import { conjunction, type Lifting, notHere } from './lifting.ts';

/** A join's condition, in conditions that DuckDB asks by itself and those with calls over both sides. */
interface Condition {
  readonly on: readonly AstNode[];
  readonly after: readonly AstNode[];
}

/** A side, the columns of it that the condition takes, and what these are called among the pairs. */
interface Side {
  readonly rows: Bound;
  readonly taken: Schema;
  readonly names: readonly string[];
}

/**
 * A join that is not inner, whose condition calls functions over both sides: the different values that the condition
 * takes of each side meet in an inner join, the functions are called for those pairs, and the sides are joined by way
 * of the pairs that fulfil the condition. A row then has the partners that it would have had, each as often.
 */
export function joinByPairs(
  bound: BoundOf<'join'>,
  inputs: readonly [Bound, Bound],
  condition: Condition,
  lifting: Lifting,
): Bound {
  const { type } = bound.operator;
  if (type === 'asof' || type === 'asofLeft') {
    const [call = {}] = innermostCalls(condition.after, lifting.functions);
    throw notHere(String(call.function_name), 'it speaks of both sides of an ASOF join in its condition');
  }
  const [left, right] = inputs.map((input) => sideOf(input, [...condition.on, ...condition.after], lifting));
  if (left === undefined || right === undefined) throw new RangeError('a join has two inputs');
  const [found, one] = [lifting.fresh(), lifting.fresh()];
  const pairs = pairsOf(left, right, condition, found, lifting);
  const join = new Joins(lifting);
  if (type === 'semi' || type === 'anti')
    return lifting.cut(join.by(type, left.rows, pairs, join.same(left)), bound.schema);
  const [kept, other] = type === 'right' ? [right, left] : [left, right];
  const beside = join.by('left', kept.rows, pairs, join.same(kept));
  const marked = lifting.project(other.rows, [
    ...other.rows.schema.map(({ name, type }) => ({ name, type, tree: columnNamed(name) })),
    { name: one, type: 'BOOLEAN', tree: parseExpression(lifting.context.dialect, 'true') },
  ]);
  const met = [join.equal('COMPARE_EQUAL', found, one), ...join.same(other)];
  return lifting.cut(join.by(type === 'full' ? 'full' : 'left', beside, marked, met), bound.schema);
}

function sideOf(input: Bound, trees: readonly AstNode[], lifting: Lifting): Side {
  const named = namesIn(trees);
  const taken = input.schema.filter(({ name }) => named.has(name.toLowerCase()));
  return { rows: sharedRows(input, lifting.context), taken, names: taken.map(() => lifting.fresh(input.schema)) };
}

/** Each pair of values that fulfils the condition once, with a column that is true. */
function pairsOf(left: Side, right: Side, { on, after }: Condition, found: string, lifting: Lifting): Bound {
  const renamed = (tree: AstNode): AstNode => [left, right].reduce(inNamesOf, tree);
  const values = [left, right].map(({ rows, taken, names }): Bound => {
    const columns = taken.map(({ name, type }, i) => ({ name: names[i] ?? '', type, tree: columnNamed(name) }));
    const input = lifting.project(rows, columns);
    return { operator: { kind: 'distinct' }, schema: input.schema, inputs: [input] };
  });
  const [l, r] = values as [Bound, Bound];
  const joined = new Joins(lifting).by('inner', l, r, on.map(renamed));
  const { input, trees } = lifting.scalars(joined, after.map(renamed));
  const kept = lifting.filtered(input, trees);
  const columns = joined.schema.map(({ name, type }) => ({ name, type, tree: columnNamed(name) }));
  const marker = { name: found, type: 'BOOLEAN', tree: parseExpression(lifting.context.dialect, 'true') };
  return lifting.project(kept, [...columns, marker]);
}

const inNamesOf = (tree: AstNode, { taken, names }: Side): AstNode =>
  rewrite(tree, (node) => {
    if (node.class !== 'COLUMN_REF') return undefined;
    const [first = '', ...fields] = textsOf(node.column_names);
    const at = taken.findIndex(({ name }) => name.toLowerCase() === first.toLowerCase());
    return at < 0 ? undefined : { ...node, column_names: [names[at] ?? '', ...fields] };
  });

class Joins {
  readonly #lifting: Lifting;

  constructor(lifting: Lifting) {
    this.#lifting = lifting;
  }

  by(type: JoinType, left: Bound, right: Bound, on: readonly AstNode[]): Bound {
    const tree = on.length === 0 ? parseExpression(this.#lifting.context.dialect, 'true') : conjunction(on);
    const isHalf = type === 'semi' || type === 'anti';
    const schema = isHalf ? left.schema : [...left.schema, ...right.schema];
    const columns = schema.map(({ name }, i) => ({ name, side: i < left.schema.length ? 'l' : 'r' }) as const);
    const condition = this.#lifting.expression(tree);
    return { operator: { kind: 'join', type, condition, columns }, schema, inputs: [left, right] };
  }

  /** A row's values are those of a pair; nulls are equal to nulls here. */
  same({ taken, names }: Side): AstNode[] {
    return taken.map(({ name }, i) => this.equal('COMPARE_NOT_DISTINCT_FROM', name, names[i] ?? ''));
  }

  equal(type: 'COMPARE_EQUAL' | 'COMPARE_NOT_DISTINCT_FROM', left: string, right: string): AstNode {
    return { class: 'COMPARISON', type, alias: '', left: columnNamed(left), right: columnNamed(right) };
  }
}
