import type { JoinType } from '../../../../shared/plan/nodes/join.ts';
import { type AstNode, isNode, textsOf } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import { isVolatile } from '../../expressions/volatile.ts';
import type { CommonTables } from './common-tables.ts';
import { type Attachment, attachTo, type Conjunct, conjunctsOf, plainConjunct } from './conjuncts.ts';
import { leftward } from './correlated/in-domain.ts';
import { inScope, lowerLateral } from './correlated/lateral.ts';
import { joinUnits } from './joins/join-order.ts';
import { filteredSide, outerJoin } from './joins/outer-join.ts';
import type { Unit } from './joins/unit.ts';
import { joinedScope, joinTypes, oneOf, sharedNames } from './names/join-scope.ts';
import { NotDistributed, simply } from './names/names.ts';
import { type Scope, scopeOf } from './names/scope.ts';
import { lowerRelation } from './relation.ts';
import { sampled, sampledName } from './samples.ts';
import { lowerCondition } from './subqueries/conditions.ts';
import { hasSubquery, onSides } from './subqueries/on-clause.ts';
import { typeOver } from './subqueries/site.ts';
import type { Lowering } from './types.ts';

/** A FROM clause: relations that inner joins connect in any order, and what names mean over them. */
export interface From {
  readonly scope: Scope;
  readonly units: readonly Unit[];
  readonly conjuncts: readonly Conjunct[];
  /** Subqueries that speak of the rows before them: joined when all others are. */
  readonly laterals: readonly Attachment[];
}

/** @throws NotDistributed */
export function lowerFrom(reference: AstNode, tables: CommonTables, lowering: Lowering): From {
  if (isNode(reference.sample)) return lowerSampled(reference, reference.sample, tables, lowering);
  if (reference.type === 'JOIN') return lowerJoin(reference, tables, lowering);
  const { plan, relation } = lowerRelation(reference, tables, lowering);
  const names = new Set(relation.columns.map(({ internal }) => internal.toLowerCase()));
  return { scope: scopeOf(relation), units: [{ plan, names }], conjuncts: [], laterals: [] };
}

/** Only the columns that the question may use: what is below a sample of blocks does not see what is above it. */
function cut({ plan, names }: Unit, { relations }: Scope, lowering: Lowering): Unit {
  const [relation, ...more] = relations;
  if (relation === undefined || more.length > 0) return { plan, names };
  const wanted = lowering.mentioned(relation);
  if (wanted.length === relation.columns.length) return { plan, names };
  const columns = wanted.map(({ internal: name }) => ({ name, sql: quotedName(name) }));
  return { plan: { kind: 'project', input: plan, columns }, names };
}

/** Joined in itself before a sample is taken of it. */
function lowerSampled(reference: AstNode, sample: AstNode, tables: CommonTables, lowering: Lowering): From {
  if (reference.table_name === sampledName) throw new NotDistributed('each task takes a sample of its own rows');
  const from = lowerFrom({ ...reference, sample: null }, tables, lowering);
  const { plan, names } = cut(whole(from, lowering), from.scope, lowering);
  return { scope: from.scope, units: [{ plan: sampled(plan, sample), names }], conjuncts: [], laterals: [] };
}

function lowerJoin(join: AstNode, tables: CommonTables, lowering: Lowering): From {
  if (!isNode(join.left) || !isNode(join.right)) throw new NotDistributed('it has a join of another form');
  const { right: other } = join;
  const { kind, type } = formOf(join);
  const left = lowerFrom(join.left, tables, lowering);
  const lowered = simply(() => lowerFrom(other, tables, lowering));
  if ('reason' in lowered) {
    const lateral = kind === 'ASOF' ? undefined : lowerLateral(join, type, left.scope, tables, lowering);
    const turned = lateral === undefined && kind === 'CROSS' ? leftFirst(join, other) : undefined;
    if (turned !== undefined) return lowerJoin(turned, tables, lowering);
    if (lateral === undefined) throw new NotDistributed(lowered.reason);
    return { ...withoutLaterals(left, lowering), scope: lateral.scope, laterals: [lateral.attachment] };
  }
  return joinedBy(join, left, lowered.value, tables, lowering);
}

/** @throws NotDistributed for a join that is none of rows that meet by a condition */
function formOf(join: AstNode): { readonly kind: string; readonly type: JoinType } {
  const kind = String(join.ref_type);
  if (kind === 'POSITIONAL') throw new NotDistributed('its rows meet by their places in the tables');
  if (!['REGULAR', 'CROSS', 'NATURAL', 'ASOF'].includes(kind))
    throw new NotDistributed(`it has a join of the kind ${kind}`);
  const type = (kind === 'ASOF' ? asofTypes : joinTypes)[String(join.join_type)];
  if (type === undefined) throw new NotDistributed(`it has a join of the type ${String(join.join_type)}`);
  return { kind, type };
}

const typeOfUnits =
  (units: readonly Unit[], lowering: Lowering) =>
  (tree: AstNode): string | undefined =>
    typeOver(
      tree,
      units.flatMap(({ plan }) => lowering.schemaOf(plan)),
      lowering,
    );

const withoutLaterals = (from: From, lowering: Lowering): From =>
  from.laterals.length > 0 ? joinedWhole(from, lowering) : from;

/** Inner joins go on in any order; of another, each side is joined in itself before. */
function joinedBy(join: AstNode, left: From, right: From, tables: CommonTables, lowering: Lowering): From {
  const { kind, type } = formOf(join);
  const using = kind === 'NATURAL' ? sharedNames(left.scope, right.scope) : textsOf(join.using_columns);
  const equal = equalBy(using, kind, left.scope, right.scope);
  const scope = joinedScope(type, left.scope, right.scope, using);
  const both = joinedScope('inner', left.scope, right.scope, using);
  const conditions = isNode(join.condition) ? conjunctsOf(join.condition) : [];
  const plain = conditions.filter((tree) => !hasSubquery(tree)).map((tree) => inScope(tree, both));
  const trees = [...equal, ...plain];
  const units = [...left.units, ...right.units];
  const site = { scope: both, tables, lowering, typeOf: typeOfUnits(units, lowering) };
  const others = conditions.filter(hasSubquery);
  if (type !== 'inner' || right.laterals.length > 0) {
    const sides = { left: whole(left, lowering), right: whole(right, lowering) };
    const on = onSides(others, sides, filteredSide(type), site);
    const unit = outerJoin(type, on, [...trees, ...on.trees], lowering);
    return { scope, units: [unit], conjuncts: [], laterals: [] };
  }
  const { dialect } = lowering.context;
  const before = withoutLaterals(left, lowering);
  const added = [
    ...trees.map((tree) => plainConjunct(tree, isVolatile(dialect, tree))),
    ...others.map((tree) => lowerCondition(tree, site)),
  ];
  const conjuncts = [...before.conjuncts, ...right.conjuncts, ...added];
  return { scope, units: [...before.units, ...right.units], conjuncts, laterals: [] };
}

/** What USING says. ASOF … USING (a, b): the last one is the inequality. */
const equalBy = (using: readonly string[], kind: string, left: Scope, right: Scope): AstNode[] =>
  using.map((name, i) => {
    const isLeast = kind === 'ASOF' && i === using.length - 1;
    const type = isLeast ? 'COMPARE_GREATERTHANOREQUALTO' : 'COMPARE_EQUAL';
    return comparison(type, oneOf(name, left), oneOf(name, right));
  });

/** `a, b JOIN c` as `(a, b) JOIN c`: then `b` stands right of what it may speak of. */
function leftFirst(join: AstNode, right: AstNode): AstNode | undefined {
  const isLeftward = right.type === 'JOIN' && leftward.has(String(right.join_type)) && right.ref_type !== 'POSITIONAL';
  return isLeftward && isNode(right.left) ? { ...right, left: { ...join, right: right.left } } : undefined;
}

const asofTypes: Readonly<Record<string, JoinType>> = { INNER: 'asof', LEFT: 'asofLeft' };

const comparison = (type: string, left: AstNode, right: AstNode): AstNode => ({
  class: 'COMPARISON',
  type,
  alias: '',
  left,
  right,
});

/** A side of an outer join is joined in itself before. */
function whole({ units, conjuncts, laterals }: From, lowering: Lowering): Unit {
  const attachments = [...conjuncts.flatMap(({ attachments }) => attachments), ...laterals];
  const added = attachments.flatMap(({ adds }) => [...adds]);
  const names = new Set([...units.flatMap((unit) => [...unit.names]), ...added]);
  return { plan: attachTo(joinUnits(units, conjuncts, lowering), laterals, lowering), names };
}

const joinedWhole = (from: From, lowering: Lowering): From => ({
  ...from,
  units: [whole(from, lowering)],
  conjuncts: [],
  laterals: [],
});
