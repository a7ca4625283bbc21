import type { JoinType } from '../../../../shared/plan/nodes/join.ts';
import { name } from '../../../../shared/sql/text.ts';
import type { BoundOf, JoinColumn, OperatorOf } from '../../bound/plan.ts';
import { type JoinChoice, keptSides } from '../../stages/choices.ts';
import type { Fragment, Traits } from '../../stages/fragment.ts';
import { asRelation, isBare } from '../../stages/query.ts';
import { withoutUnique } from '../narrow.ts';
import { asTheyAre, comingFrom, passed, stillRanged } from '../placement.ts';
import type { JoinKeys } from './keys.ts';
import type { Placement } from './placements.ts';
import { joinedSize } from './size.ts';

const words: Readonly<Record<JoinType, string>> = {
  inner: 'JOIN',
  left: 'LEFT JOIN',
  right: 'RIGHT JOIN',
  full: 'FULL JOIN',
  semi: 'SEMI JOIN',
  anti: 'ANTI JOIN',
  asof: 'ASOF JOIN',
  asofLeft: 'ASOF LEFT JOIN',
};

/** As it reads with its sides exchanged: `r LEFT JOIN l` is `l RIGHT JOIN r`. The others have no such form. */
const flipped: Partial<Readonly<Record<JoinType, JoinType>>> = {
  inner: 'inner',
  left: 'right',
  right: 'left',
  full: 'full',
};

/** The fragment at whose tasks the join runs goes on with it; the other one is a subquery in it. */
export function joined(
  { at, here, brought }: Placement,
  { operator, schema }: BoundOf<'join'>,
  kind?: JoinChoice['kind'],
  comparisons?: JoinKeys['comparisons'],
): Fragment {
  const { type, columns } = operator;
  const label = type === 'inner' ? 'join' : `${type} join`;
  const choice = kind === undefined ? [] : [choiceOf(kind, { at, here, brought }, type, comparisons)];
  return {
    ...here,
    inputs: [...here.inputs, ...brought.inputs],
    query: {
      from: fromClause({ at, here, brought }, operator),
      where: [],
      columns: columns.map((column) => ({ name: column.name, sql: columnSql(column) })),
    },
    schema,
    labels: [...here.labels, brought.labels.length === 0 ? label : `${label} (${brought.labels.join(' → ')})`],
    notes: [...here.notes, ...brought.notes],
    traits: traitsOf({ at, here, brought }, operator),
    size: joinedSize(operator, here, brought, schema.length),
    joins: [...(here.joins ?? []), ...(brought.joins ?? []), ...choice],
  };
}

function fromClause({ at, here, brought }: Placement, { type, condition }: OperatorOf<'join'>): string {
  const other = at === 'l' ? undefined : flipped[type];
  const [l, r] = at === 'l' ? [here, brought] : [brought, here];
  const [left, right] = [`${asRelation(l.query)} AS l`, `${asRelation(r.query)} AS r`];
  const [first, second] = other === undefined ? [left, right] : [right, left];
  return `${first} ${words[other ?? type]} ${second} ON (${condition.sql})`;
}

/** Under memory pressure a join goes to disk by parts, and its rows come out in another order. */
function traitsOf({ at, here, brought }: Placement, { type, condition, columns }: OperatorOf<'join'>): Traits {
  const kept = keptSides[type].includes(at) ? asTheyAre(columns.filter(({ side }) => side === at)) : [];
  return {
    ...withoutUnique(here.traits),
    deterministic: here.traits.deterministic && brought.traits.deterministic && !condition.volatile,
    ordered: false,
    rowwise: false,
    ...passed(here.traits.partitionedBy, kept),
    ...stillRanged(here.traits, kept),
    ...comingFrom(here.traits, kept),
  };
}

function choiceOf(
  kind: JoinChoice['kind'],
  { at, here, brought }: Placement,
  type: JoinType,
  comparisons: JoinKeys['comparisons'] | undefined,
): JoinChoice {
  const names = (fragment: Fragment): string[] => fragment.inputs.map(({ name }) => name);
  const [left, right] = at === 'l' ? [here, brought] : [brought, here];
  const sent = at === 'l' ? 'right' : 'left';
  const plain = kind === 'hash' ? (['left', 'right'] as const) : isBare(brought.query) ? ([sent] as const) : [];
  const how = comparisons === undefined ? {} : { comparisons };
  return { kind, plain, type, left: names(left), right: names(right), ...how };
}

const columnSql = ({ name: column, side }: JoinColumn): string =>
  side === 'both' ? `COALESCE(l.${name(column)}, r.${name(column)})` : `${side}.${name(column)}`;
