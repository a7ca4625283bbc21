import type { PlanNode } from '../../../../../shared/plan/node.ts';
import { type AstNode, find, meaning } from '../../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../../shared/sql/text.ts';
import { columnNamed } from '../../../expressions/tree.ts';
import { isVolatile } from '../../../expressions/volatile.ts';
import type { CommonTables } from '../common-tables.ts';
import type { Dependent } from '../conjuncts.ts';
import { NameWalk } from '../names/name-walk.ts';
import { withNamedPositions } from '../names/named-positions.ts';
import { NotDistributed } from '../names/names.ts';
import type { Scope } from '../names/scope.ts';
import type { Columns, Lowering } from '../types.ts';
import { dependent } from './dependent.ts';
import { same } from './in-domain.ts';

/** A value of the query around that a subquery takes, and the domain's column that holds it. */
interface Taken {
  readonly name: string;
  readonly tree: AstNode;
}

/** A subquery, and what it takes of the query around. */
export interface Correlation {
  readonly query: AstNode;
  readonly taken: readonly Taken[];
  /** What its columns are called. */
  readonly names: readonly string[];
  readonly outer: ReadonlyMap<AstNode, string>;
  readonly ownOf: (select: AstNode) => readonly AstNode[];
  readonly meantBy: (own: AstNode) => string;
  readonly tables: CommonTables;
}

/** @throws NotDistributed for a name of a query further out, and for values of chance */
export function correlationOf(subquery: AstNode, scope: Scope, tables: CommonTables, lowering: Lowering): Correlation {
  const query = withNamedPositions(subquery, lowering.context.dialect);
  if (find(query, ({ class: kind }) => kind === 'POSITIONAL_REFERENCE').length > 0)
    throw new NotDistributed('a subquery in it names columns by position');
  if (isVolatile(lowering.context.dialect, query)) throw new NotDistributed('a subquery in it has values of chance');
  const own = new Map<Scope, AstNode[]>();
  const meant = new Map<AstNode, string>();
  const outer = new Map<AstNode, string>();
  const taken = new Map<string, Taken>();
  const walk = new NameWalk(lowering.trial(), (reference, tree, where) => {
    meant.set(reference, meaning(tree));
    if (where !== scope) own.set(where, [...(own.get(where) ?? []), reference]);
    if (where !== scope) return;
    const known = taken.get(meaning(tree)) ?? { name: lowering.names.madeUp('outer'), tree };
    taken.set(meaning(tree), known);
    outer.set(reference, known.name);
  });
  const names = walk.query(query, tables, [scope]);
  const ownOf = (select: AstNode): readonly AstNode[] => {
    const of = walk.scopes.get(select);
    return (of && own.get(of)) ?? [];
  };
  const meantBy = (reference: AstNode): string => meant.get(reference) ?? '';
  return { query, taken: [...taken.values()], names, outer, ownOf, meantBy, tables };
}

/** What it takes to have a correlated subquery beside the rows of the query around. */
export interface Dependence {
  /** The attachment's right side. */
  readonly right: Dependent;
  /** That a row meets what belongs to it. */
  readonly on: readonly AstNode[];
  /** Columns by which it meets. */
  readonly keys: readonly string[];
}

/**
 * The subquery for the different values that it takes of the rows around.
 *
 * @param make the attachment's plan of the subquery's columns, the keys among them as they are called
 * @param more further values of the row that the plan takes
 */
export function dependence(
  correlation: Correlation,
  lowering: Lowering,
  make: (rows: Columns, keys: readonly string[]) => PlanNode,
  more: readonly AstNode[] = [],
): Dependence {
  const { query, outer, ownOf, meantBy, tables } = correlation;
  const taken = [...correlation.taken, ...more.map((tree) => ({ name: lowering.names.madeUp('outer'), tree }))];
  const keys = taken.map(() => lowering.names.madeUp('key'));
  const plan = (domain: PlanNode): PlanNode => {
    const columns = taken.map(({ name }) => name);
    const [odd] = lowering.schemaOf(domain).filter(({ type }) => /\b(MAP|UNION|VARIANT|GEOMETRY)\b/.test(type));
    if (odd !== undefined) throw new NotDistributed(`a subquery is correlated by a value of the type ${odd.type}`);
    const table = lowering.relate(domain);
    const inside = dependent(query, { table, columns, keys }, { outer, ownOf, meantBy }, lowering);
    const rows = lowering.part(inside, tables);
    const own = rows.columns.slice(-keys.length).map(({ internal }) => internal);
    return make({ plan: renamed(rows, own, keys), columns: rows.columns.slice(0, -keys.length) }, keys);
  };
  const on = taken.map(({ tree }, i) => same(tree, columnNamed(keys[i] ?? '')));
  return { right: { columns: taken, plan }, on, keys };
}

/** Its last columns under the names of the keys. */
function renamed({ plan, columns }: Columns, own: readonly string[], keys: readonly string[]): PlanNode {
  const list = columns.map(({ internal }) => {
    const at = own.indexOf(internal);
    return { name: at < 0 ? internal : (keys[at] ?? internal), sql: quotedName(internal) };
  });
  return { kind: 'project', input: plan, columns: list };
}
