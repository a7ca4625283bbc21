import { SheafError } from '../../../shared/errors.ts';
import type { PlanOf } from '../../../shared/plan/node.ts';
import type { JoinType } from '../../../shared/plan/nodes/join.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, textsOf } from '../../../shared/sql/ast.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { Bound, BoundExpression, BoundOf, JoinColumn } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { columnNames, describeOver, unknownColumn } from './describe.ts';
import { bindExpression, explainError } from './expression.ts';

/** @throws SheafError `SQL_INVALID`, `COLUMN_UNKNOWN`, `PLAN_INVALID` for a name that both sides would yield */
export function bindJoin(node: PlanOf<'join'>, left: Bound, right: Bound, context: PlanContext): BoundOf<'join'> {
  const using = node.on.kind === 'using' ? node.on.columns : [];
  checkUsing(using, left.schema, 'left');
  checkUsing(using, right.schema, 'right');
  const condition = bindCondition(node, left.schema, right.schema, context);
  const columns = joinColumns(node.type, using, left.schema, right.schema);
  const schema = typedColumns(columns, left.schema, right.schema, context);
  return {
    operator: { kind: 'join', type: node.type, condition, columns, ...(node.implied && { implied: true }) },
    schema,
    inputs: [left, right],
  };
}

function bindCondition(node: PlanOf<'join'>, left: Schema, right: Schema, context: PlanContext): BoundExpression {
  const text =
    node.on.kind === 'condition'
      ? node.on.sql
      : node.on.columns.map((name) => `l.${quotedName(name)} = r.${quotedName(name)}`).join(' AND ');
  const both = [...left, ...right];
  const bound = bindExpression(text, both, context);
  checkQualified(bound.tree, left, right);
  try {
    const relations = [
      { name: 'l', schema: left },
      { name: 'r', schema: right },
    ];
    describeOver(context.dialect, relations, `SELECT 1 FROM l JOIN r ON (\n${text}\n)`);
  } catch (thrown) {
    throw explainError(thrown, [bound.tree], both, `join condition "${text}"`, []);
  }
  return bound;
}

/** `l.x` and `r.x` must name columns of their sides. */
function checkQualified(tree: AstNode, left: Schema, right: Schema): void {
  if ([...columnNames(left), ...columnNames(right)].some((name) => name === 'l' || name === 'r')) return;
  for (const node of find(tree, ({ class: kind }) => kind === 'COLUMN_REF')) {
    const [side = '', column] = textsOf(node.column_names);
    if (column === undefined) continue;
    if (side.toLowerCase() === 'l') checkUsing([column], left, 'left');
    if (side.toLowerCase() === 'r') checkUsing([column], right, 'right');
  }
}

function checkUsing(using: readonly string[], schema: Schema, side: string): void {
  const names = columnNames(schema);
  for (const name of using) {
    if (!names.has(name.toLowerCase())) throw unknownColumn(name, schema, `the ${side} side of the join`);
  }
}

function typedColumns(columns: readonly JoinColumn[], left: Schema, right: Schema, { dialect }: PlanContext): Schema {
  const typeIn = (schema: Schema, wanted: string): string =>
    schema.find(({ name }) => name.toLowerCase() === wanted.toLowerCase())?.type ?? '';
  return columns.map(({ name, side }) => {
    const [l, r] = [typeIn(left, name), typeIn(right, name)];
    if (side !== 'both' || l === r) return { name, type: side === 'r' ? r : l };
    const column = quotedName(name);
    const relations = [left, right].map((schema, i) => ({ name: i === 0 ? 'l' : 'r', schema }));
    const [merged] = describeOver(dialect, relations, `SELECT COALESCE(l.${column}, r.${column}) FROM l, r`);
    return { name, type: merged?.type ?? l };
  });
}

/** Of which side a `using` column is: the one whose rows are all kept. */
const usingSide = {
  inner: 'l',
  left: 'l',
  right: 'r',
  full: 'both',
  semi: 'l',
  anti: 'l',
  asof: 'l',
  asofLeft: 'l',
} as const;

/** The `using` columns first, then the rest of the left side, then that of the right. */
function joinColumns(type: JoinType, using: readonly string[], left: Schema, right: Schema): JoinColumn[] {
  const shared = new Set(using.map((name) => name.toLowerCase()));
  const isShared = ({ name }: { readonly name: string }): boolean => shared.has(name.toLowerCase());
  const ofUsing = using.map((wanted) => left.find(({ name }) => name.toLowerCase() === wanted.toLowerCase()));
  const merged = ofUsing.filter((column) => column !== undefined);
  const fromLeft = left.filter((column) => !isShared(column));
  const fromRight = type === 'semi' || type === 'anti' ? [] : right.filter((column) => !isShared(column));
  const taken = columnNames([...merged, ...fromLeft]);
  for (const { name } of fromRight) if (taken.has(name.toLowerCase())) throw onBothSides(name);
  return [
    ...merged.map(({ name }) => ({ name, side: usingSide[type] })),
    ...fromLeft.map(({ name }) => ({ name, side: 'l' as const })),
    ...fromRight.map(({ name }) => ({ name, side: 'r' as const })),
  ];
}

const onBothSides = (name: string): SheafError =>
  new SheafError('PLAN_INVALID', `Both sides of the join have a column "${name}"`, {
    next: 'Select or rename the columns of one side before the join, or join using that column.',
  });
