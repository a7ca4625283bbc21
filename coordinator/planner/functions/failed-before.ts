import type { SqlNode } from '../../../shared/plan/nodes/sql.ts';
import type { PlanContext } from '../context.ts';
import { functionsByName } from './calls.ts';
import { withFunctions } from './dialect.ts';

/** What is known of one question while it is planned. */
interface Known {
  readonly functions: SqlNode['functions'];
  /** By the whole node as text. */
  readonly failures: Map<string, unknown>;
}

const known = new WeakMap<PlanContext, Known>();

/** The context in which DuckDB knows the node's functions: the same one for its parts, which call the same. */
export function contextOf({ functions }: SqlNode, context: PlanContext): PlanContext {
  const byName = functionsByName(functions);
  if (byName.size === 0 || known.get(context)?.functions === functions) return context;
  const inner = { ...context, dialect: withFunctions(context.dialect, byName) };
  known.set(inner, { functions, failures: new Map() });
  return inner;
}

/**
 * Parts of a question that calls functions are tried in several ways, and theirs again: where no way leads anywhere,
 * each level would multiply the tries. What failed once fails again.
 *
 * @param context of `contextOf`
 */
export function unlessFailedBefore<T>(node: SqlNode, context: PlanContext, bind: () => T): T {
  const failures = known.get(context)?.failures;
  if (failures === undefined) return bind();
  const key = JSON.stringify(node);
  if (failures.has(key)) throw failures.get(key);
  try {
    return bind();
  } catch (thrown) {
    failures.set(key, thrown);
    throw thrown;
  }
}
