import type { PlanNode } from '../../shared/plan/node.ts';
import type { Case, Mutation, World } from './fuzzer.ts';

type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [key: string]: Json };

/** Questions asked for one smaller question, at most. */
const asksMax = 150;

/**
 * A smaller question that still differs in the same way: clauses, columns, joins and steps are left out as long as it
 * does. Greedy, so not the smallest there is.
 */
export async function minimise(world: World, question: Case, difference: string, mutate?: Mutation): Promise<Case> {
  const way = wayOf(difference);
  if (way === 'order') return question;
  let best: Case = { ...question, orderedBy: [] };
  let asked = 0;
  for (let hasShrunk = true; hasShrunk; ) {
    hasShrunk = false;
    for (const smaller of smallerCases(world, best)) {
      if (asked++ >= asksMax) return best;
      const outcome = await world.ask(smaller, mutate);
      if (outcome.late !== undefined) return best;
      if (outcome.difference === undefined || wayOf(outcome.difference) !== way) continue;
      best = smaller;
      hasShrunk = true;
      break;
    }
  }
  return best;
}

const wayOf = (difference: string): string => /^(error|no error|order|columns)/.exec(difference)?.[0] ?? 'rows';

function* smallerCases(world: World, question: Case): Generator<Case> {
  const tree = treeOf(world, question);
  for (const smaller of shrunk(tree)) {
    try {
      const asked = askedOf(world, question, smaller);
      if (asked.sql.length < question.sql.length) yield { ...question, ...asked };
    } catch {
      // What cannot be printed or described is no question.
    }
  }
}

/** A PIVOT without its values has no tree: it is asked as it is. */
function treeOf(world: World, { kind, sql, plan }: Case): Json {
  if (kind !== 'sql') return plan as unknown as Json;
  try {
    return world.reference.parse(sql) as Json;
  } catch {
    return null;
  }
}

function askedOf(world: World, question: Case, tree: Json): Pick<Case, 'plan' | 'sql' | 'referenceSql'> {
  if (question.kind === 'sql') return question.again(world.reference.print(tree));
  const plan = tree as unknown as PlanNode;
  const sql = world.referenceOf(plan);
  return { plan, sql, referenceSql: sql };
}

/** Fields that may be empty, and lists that may be shorter. */
const clauses: ReadonlySet<string> = new Set(['where_clause', 'having', 'qualify', 'filter']);
const lists: ReadonlySet<string> = new Set(['modifiers', 'select_list', 'columns', 'aggregates', 'keys', 'orders']);
/** What may stand in the place of the whole. */
const parts = ['input', 'left', 'right', 'children'] as const;

/** Trees with one thing less, the largest cuts first. */
function* shrunk(value: Json): Generator<Json> {
  if (typeof value !== 'object' || value === null) return;
  if (isList(value)) {
    for (const [i, item] of value.entries()) for (const smaller of shrunk(item)) yield value.with(i, smaller);
    return;
  }
  for (const part of parts) {
    const child = value[part];
    const all = child === undefined ? [] : isList(child) ? child : [child];
    for (const one of all) if (typeof one === 'object' && one !== null) yield one;
  }
  for (const [key, child] of Object.entries(value)) {
    if (clauses.has(key) && child !== null) yield { ...value, [key]: null };
    if (lists.has(key) && isList(child))
      for (let i = 0; i < child.length; i++) yield { ...value, [key]: child.toSpliced(i, 1) };
    for (const smaller of shrunk(child)) yield { ...value, [key]: smaller };
  }
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
