import type { PlanNode } from '../../../../../shared/plan/node.ts';
import { type AstNode, isNode, textsOf } from '../../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../../shared/sql/text.ts';
import { sourceOf } from '../../../bind/source.ts';
import type { PlanContext } from '../../../context.ts';
import type { Conjunct } from '../conjuncts.ts';
import type { Sized } from './unit.ts';

/** A relation with a filter that has so few of another's rows is asked for them twice. */
const timesFewer = 10;

/**
 * `a = b AND b = c`: rows of `a` that have no partner among the few of `c` are in no result, though nothing says `a = c`.
 * They are left out where they are read. Only among columns of files of one type, so that equality is passed on.
 */
export function withImplied(units: readonly Sized[], conjuncts: readonly Conjunct[], context: PlanContext): Sized[] {
  const equal = equalities(units, conjuncts, context);
  return units.map((unit) => {
    const found = [...unit.names].flatMap((own) =>
      reached(own, equal).flatMap((key) => {
        const few = units.find(({ names }) => names.has(key));
        const isFew = few?.isFiltered && few !== unit && few.rows * timesFewer <= unit.rows;
        return few === undefined || !isFew ? [] : [{ own, key, few }];
      }),
    );
    const [best] = found.toSorted((a, b) => a.few.rows - b.few.rows);
    return best === undefined ? unit : { ...unit, plan: halved(unit.plan, best.own, best.key, best.few.plan) };
  });
}

const halved = (left: PlanNode, own: string, key: string, few: PlanNode): PlanNode => ({
  kind: 'join',
  type: 'semi',
  left,
  right: { kind: 'project', input: few, columns: [{ name: key, sql: quotedName(key) }] },
  on: { kind: 'condition', sql: `${quotedName(own)} = ${quotedName(key)}` },
  implied: true,
});

type Equalities = ReadonlyMap<string, ReadonlySet<string>>;

/** Of each column, those that it must be equal to by a condition of its own. In lower case. */
function equalities(units: readonly Sized[], conjuncts: readonly Conjunct[], context: PlanContext): Equalities {
  const equal = new Map<string, Set<string>>();
  const typeOf = (column: string): string | undefined => {
    const unit = units.find(({ names }) => names.has(column));
    return unit && typeInFile(unit.plan, column, context);
  };
  const add = (from: string, to: string): void => {
    equal.set(from, (equal.get(from) ?? new Set()).add(to));
  };
  for (const { tree, attachments } of conjuncts) {
    if (tree?.type !== 'COMPARE_EQUAL' || attachments.length > 0) continue;
    const [a, b] = [columnOf(tree.left), columnOf(tree.right)];
    if (a === undefined || b === undefined) continue;
    const type = typeOf(a);
    if (type === undefined || type !== typeOf(b)) continue;
    add(a, b);
    add(b, a);
  }
  return equal;
}

function columnOf(tree: AstNode[string] | undefined): string | undefined {
  if (tree === undefined || !isNode(tree) || tree.class !== 'COLUMN_REF') return undefined;
  const [only, ...more] = textsOf(tree.column_names);
  return more.length === 0 ? only?.toLowerCase() : undefined;
}

/** Columns that are equal to this one by way of others, and not by a condition of their own. */
function reached(column: string, equal: Equalities): string[] {
  const direct = equal.get(column) ?? new Set();
  const found = new Set([column, ...direct]);
  for (const each of found) for (const next of equal.get(each) ?? []) found.add(next);
  return [...found].filter((each) => each !== column && !direct.has(each));
}

/** The type of a column that a plan takes from a file as it is. */
function typeInFile(plan: PlanNode, column: string, context: PlanContext): string | undefined {
  if (plan.kind === 'filter') return typeInFile(plan.input, column, context);
  if (plan.kind === 'scan')
    return sourceOf(plan, context).schema.find(({ name }) => name.toLowerCase() === column)?.type;
  if (plan.kind !== 'project') return undefined;
  const sql = plan.columns.find(({ name }) => name.toLowerCase() === column)?.sql ?? '';
  const isName = /^"[^"]+"$/.test(sql);
  return isName ? typeInFile(plan.input, sql.slice(1, -1).toLowerCase(), context) : undefined;
}
