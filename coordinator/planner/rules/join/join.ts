import { name } from '../../../../shared/sql/text.ts';
import type { StageInput } from '../../../../shared/stage.ts';
import type { BoundOf } from '../../bound.ts';
import type { Build } from '../../build.ts';
import { type Fragment, withNote } from '../../fragment.ts';
import { asRelation, queryOf } from '../../query.ts';
import { withoutUnique } from '../narrow.ts';
import { type JoinKeys, joinKeys } from './keys.ts';

/**
 * Brings the right side to the left one. Small files are read by every task itself; a small right side is sent whole to
 * every task; else both sides are hashed by the condition's equalities. Without such, the right side is sent whole.
 */
export function planJoin(bound: BoundOf<'join'>, build: Build): Fragment {
  const [leftInput, rightInput] = bound.inputs;
  if (leftInput === undefined || rightInput === undefined) throw new RangeError('a join has two inputs');
  const left = build.plan(leftInput);
  const right = build.plan(rightInput);
  const { broadcastBytesMax } = build.context.config;
  if (isReadAnew(right, left, build)) return joined(left, everywhere(right, left.tasks), bound);
  const keys = right.size.bytes <= broadcastBytesMax ? undefined : joinKeys(bound, build.context.dialect);
  return keys === undefined || keys.left.length === 0
    ? broadcast(left, right, bound, build)
    : hashed(left, right, keys, bound, build);
}

/** Single tasks on both sides are one task; else small files may be read more than once. */
function isReadAnew(right: Fragment, left: Fragment, { context }: Build): boolean {
  if (right.tasks !== 1 || right.steps.length > 0) return false;
  if (left.tasks === 1) return true;
  const isFiles = right.inputs.every(({ kind }) => kind === 'splits');
  return isFiles && right.traits.deterministic && right.size.bytes <= context.config.rereadBytesMax;
}

const everywhere = (right: Fragment, tasks: number): Fragment => ({
  ...right,
  inputs: right.inputs.map((input) => repeated(input, tasks)),
});

function repeated(input: StageInput, tasks: number): StageInput {
  if (input.kind !== 'splits') return input;
  return { ...input, perTask: Array.from({ length: tasks }, () => input.perTask[0] ?? []) };
}

function broadcast(left: Fragment, right: Fragment, bound: BoundOf<'join'>, build: Build): Fragment {
  const from = build.close(right, { kind: 'exchange', partitioning: { kind: 'single' } });
  const input = build.read(right, from, 'broadcast');
  const sent: Fragment = { ...right, inputs: [input], steps: [], query: queryOf(input.name), labels: [], notes: [] };
  return withNote(joined(left, sent, bound), `the right side of the join, stage ${from}, is sent whole to every task`);
}

function hashed(left: Fragment, right: Fragment, keys: JoinKeys, bound: BoundOf<'join'>, build: Build): Fragment {
  const partitions = Math.max(2, build.partitionsFor(left.size.bytes + right.size.bytes));
  const l = build.exchange(left, { kind: 'hash', keys: keys.left, partitions }, 'meet by join key');
  const r = build.exchange(right, { kind: 'hash', keys: keys.right, partitions }, 'meet by join key');
  return joined(l, { ...r, labels: [] }, bound);
}

/** The left fragment goes on with the join; the right one is a subquery in it. */
function joined(left: Fragment, right: Fragment, { operator, schema }: BoundOf<'join'>): Fragment {
  const { type, condition, columns } = operator;
  const join = type === 'left' ? 'LEFT JOIN' : 'JOIN';
  const from = `${asRelation(left.query)} AS l ${join} ${asRelation(right.query)} AS r ON (${condition.sql})`;
  const select = columns.map((column) => ({ name: column.name, sql: `${column.side}.${name(column.name)}` }));
  const deterministic = left.traits.deterministic && right.traits.deterministic && !condition.volatile;
  return {
    ...left,
    inputs: [...left.inputs, ...right.inputs],
    query: { from, where: [], columns: select },
    schema,
    labels: [...left.labels, right.labels.length === 0 ? 'join' : `join (${right.labels.join(' → ')})`],
    notes: [...left.notes, ...right.notes],
    // Under memory pressure a join goes to disk by parts, and its rows come out in another order.
    traits: { ...withoutUnique(left.traits), deterministic, ordered: false, rowwise: false },
    size: { rows: left.size.rows, bytes: left.size.bytes + right.size.bytes },
  };
}
