import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { JoinType } from '../../../../shared/plan/nodes/join.ts';
import { type AstNode, isNode, onlyStatement, textsOf } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import type { PlanContext } from '../../context.ts';
import { isVolatile } from '../../volatile.ts';
import { tableReferences } from '../table-references.ts';
import type { CommonTables } from './common-tables.ts';
import { type Conjunct, conjunctsOf, filterBy, joinBy, plainConjunct } from './conjuncts.ts';
import { joinUnits, type Unit } from './join-order.ts';
import { NotDistributed } from './names.ts';
import { columnsIn, resolveTree } from './resolver.ts';
import { isSame, type Relation, type Scope, type StarItem, scopeOf } from './scope.ts';
import type { Columns, Lowering } from './types.ts';

/** A FROM clause: relations that inner joins connect in any order, and what names mean over them. */
export interface From {
  readonly scope: Scope;
  readonly units: readonly Unit[];
  readonly conjuncts: readonly Conjunct[];
}

/** @throws NotDistributed */
export function lowerFrom(reference: AstNode, tables: CommonTables, lowering: Lowering): From {
  if (reference.sample != null) throw new NotDistributed('it takes a sample');
  if (reference.type === 'JOIN') return lowerJoin(reference, tables, lowering);
  const { plan, relation } = lowerRelation(reference, tables, lowering);
  const names = new Set(relation.columns.map(({ internal }) => internal.toLowerCase()));
  return { scope: scopeOf(relation), units: [{ plan, names }], conjuncts: [] };
}

interface LoweredRelation {
  readonly plan: PlanNode;
  readonly relation: Relation;
}

function lowerRelation(reference: AstNode, tables: CommonTables, lowering: Lowering): LoweredRelation {
  const aliases = textsOf(reference.column_name_alias);
  const alias = String(reference.alias ?? '');
  const table = String(reference.table_name ?? '');
  const isPlain = reference.type === 'BASE_TABLE' && !reference.schema_name && !reference.catalog_name;
  const common = isPlain ? tables.get(table.toLowerCase()) : undefined;
  if (common !== undefined) {
    const columns = renamed(renamed(lowering.common(common, tables), common.aliases), aliases);
    return { plan: columns.plan, relation: { alias: alias || table, columns: columns.columns } };
  }
  const query = isNode(reference.subquery) && isNode(reference.subquery.node) ? reference.subquery.node : undefined;
  if (reference.type === 'SUBQUERY' && query !== undefined) {
    const { plan, columns } = renamed(lowering.part(query, tables), aliases);
    return { plan, relation: { alias, columns } };
  }
  const own = tableReferences(reference, lowering.relations).find(({ node }) => node === reference);
  if (own === undefined) return other(reference, alias, tables, lowering);
  const read = internalColumns(own.plan, lowering.columnsOf(own.plan), lowering);
  const { plan, columns } = renamed(read, aliases);
  return { plan, relation: { alias: own.alias, columns } };
}

/** VALUES, `range(…)` and whatever else reads no file that is scanned: as DuckDB runs it, in one task. */
function other(reference: AstNode, alias: string, tables: CommonTables, lowering: Lowering): LoweredRelation {
  if (reference.type === 'EMPTY') throw new NotDistributed('it reads no file that is scanned');
  const { plan, columns } = lowering.whole(selectAllFrom(reference, lowering.context), tables);
  const { function: call } = reference;
  const own = isNode(call) ? String(call.function_name) : String(reference.table_name ?? '');
  return { plan, relation: { alias: alias || own, columns } };
}

export const selectAllFrom = (reference: AstNode, { dialect }: PlanContext): AstNode => ({
  ...onlyStatement(dialect.parse('SELECT * FROM t')),
  from_table: reference,
});

/** A plan whose columns get names of their own where others have theirs. */
export function internalColumns(plan: PlanNode, names: readonly string[], lowering: Lowering): Columns {
  const columns = names.map((name) => ({ name, internal: lowering.names.fresh(name) }));
  if (columns.every(({ name, internal }) => name === internal)) return { plan, columns };
  const list = columns.map(({ name, internal }) => ({ name: internal, sql: quotedName(name) }));
  return { plan: { kind: 'project', input: plan, columns: list }, columns };
}

/** `t(a, b)`: the first columns are called otherwise. */
const renamed = ({ plan, columns }: Columns, aliases: readonly string[]): Columns => ({
  plan,
  columns: columns.map(({ name, internal }, i) => ({ name: aliases[i] ?? name, internal })),
});

function lowerJoin(join: AstNode, tables: CommonTables, lowering: Lowering): From {
  if (!isNode(join.left) || !isNode(join.right)) throw new NotDistributed('it has a join of another form');
  const kind = String(join.ref_type);
  if (!['REGULAR', 'CROSS', 'NATURAL'].includes(kind)) throw new NotDistributed(`it has a join of the kind ${kind}`);
  const type = types[String(join.join_type)];
  if (type === undefined) throw new NotDistributed(`it has a join of the type ${String(join.join_type)}`);
  const left = lowerFrom(join.left, tables, lowering);
  const right = lowerFrom(join.right, tables, lowering);
  const using = kind === 'NATURAL' ? sharedNames(left.scope, right.scope) : textsOf(join.using_columns);
  const equal = using.map((name) => equality(oneOf(name, left.scope), oneOf(name, right.scope)));
  const scope = joinedScope(type, left.scope, right.scope, using);
  const both = joinedScope('inner', left.scope, right.scope, using);
  const condition = isNode(join.condition) ? conjunctsOf(inScope(join.condition, both)) : [];
  const trees = [...equal, ...condition];
  const { dialect } = lowering.context;
  if (type === 'inner') {
    const added = trees.map((tree) => plainConjunct(tree, isVolatile(dialect, tree)));
    const conjuncts = [...left.conjuncts, ...right.conjuncts, ...added];
    return { scope, units: [...left.units, ...right.units], conjuncts };
  }
  return {
    scope,
    units: [outerJoin(type, whole(left, lowering), whole(right, lowering), trees, lowering)],
    conjuncts: [],
  };
}

const types: Readonly<Record<string, JoinType>> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  OUTER: 'full',
  FULL: 'full',
  SEMI: 'semi',
  ANTI: 'anti',
};

const inScope = (tree: AstNode, scope: Scope): AstNode =>
  resolveTree(tree, {
    scope,
    subquery: () => {
      throw new NotDistributed('it has a subquery in a join condition');
    },
  });

const sharedNames = (left: Scope, right: Scope): string[] =>
  left.star.map(({ name }) => name).filter((name) => right.star.some((item) => isSame(item.name, name)));

function oneOf(name: string, { star }: Scope): AstNode {
  const [tree, ...more] = star.filter((item) => isSame(item.name, name)).map((item) => item.tree);
  if (tree === undefined || more.length > 0) throw new NotDistributed(`"${name}" may be several columns`);
  return tree;
}

const equality = (left: AstNode, right: AstNode): AstNode => ({
  class: 'COMPARISON',
  type: 'COMPARE_EQUAL',
  alias: '',
  left,
  right,
});

/** A side of an outer join is joined in itself before. */
function whole({ units, conjuncts }: From, { context }: Lowering): Unit {
  const names = new Set(units.flatMap((unit) => [...unit.names]));
  return { plan: joinUnits(units, conjuncts, context), names };
}

/** Conditions on the side alone whose rows need not all be kept are asked before the join. */
function outerJoin(type: JoinType, left: Unit, right: Unit, trees: readonly AstNode[], { context }: Lowering): Unit {
  const { dialect } = context;
  const early = type === 'full' ? undefined : type === 'right' ? left : right;
  const isEarly = (tree: AstNode): boolean => {
    const names = [...columnsIn(tree)];
    return (
      names.length > 0 &&
      early !== undefined &&
      !isVolatile(dialect, tree) &&
      names.every((name) => early.names.has(name))
    );
  };
  const before = trees.filter(isEarly);
  const on = trees.filter((tree) => !isEarly(tree));
  const plans = [left, right].map((unit) => (unit === early ? filterBy(unit.plan, before, dialect) : unit.plan));
  const [l = left.plan, r = right.plan] = plans;
  const names = type === 'semi' || type === 'anti' ? left.names : new Set([...left.names, ...right.names]);
  return { plan: joinBy(type, l, r, on, dialect), names };
}

function joinedScope(type: JoinType, left: Scope, right: Scope, using: readonly string[]): Scope {
  if (type === 'semi' || type === 'anti') return left;
  const isMerged = ({ name }: StarItem): boolean => using.some((wanted) => isSame(wanted, name));
  const merged = (item: StarItem): StarItem => {
    if (!isMerged(item) || type === 'inner' || type === 'left') return item;
    const other = oneOf(item.name, right);
    return { name: item.name, tree: type === 'right' ? other : coalesce(item.tree, other) };
  };
  return {
    relations: [...left.relations, ...right.relations],
    star: [...left.star.map(merged), ...right.star.filter((item) => !isMerged(item))],
  };
}

const coalesce = (...children: readonly AstNode[]): AstNode => ({
  class: 'OPERATOR',
  type: 'OPERATOR_COALESCE',
  alias: '',
  children,
});
