import { SheafError } from '../../shared/errors.ts';
import type { LoadedFunction } from './load-function.ts';

/** What the author of an aggregate function gives. A state is JSON. */
export interface AggregateDefinition {
  init(): unknown;
  /** Returns the new state, or nothing if it changed the one it got. */
  accumulate(state: unknown, row: unknown): unknown;
  merge(state: unknown, other: unknown): unknown;
  finish(state: unknown): unknown;
}

const parts = ['init', 'accumulate', 'merge', 'finish'] as const;

/** @throws SheafError `FUNCTION_RESULT` if the function does not return the four functions */
export function definitionOf({ call, ref }: LoadedFunction): AggregateDefinition {
  const made = (call as (params: unknown) => unknown)(ref.params) as Readonly<Record<string, unknown>> | null;
  const missing = parts.find((part) => typeof made?.[part] !== 'function');
  if (missing === undefined) return made as unknown as AggregateDefinition;
  throw new SheafError('FUNCTION_RESULT', `${ref.name} returns no aggregate: ${missing} is no function`, {
    next: 'Return { init, accumulate, merge, finish }.',
  });
}

/** The value of a group whose states, as JSON, come from several tasks; of no rows if there is none. */
export function finished(
  { init, merge, finish }: AggregateDefinition,
  states: readonly (string | null)[] | null,
): unknown {
  const parsed = (states ?? []).flatMap((state) => (state === null ? [] : [JSON.parse(state) as unknown]));
  const [first = init(), ...others] = parsed;
  return finish(others.reduce((state, other) => merge(state, other) ?? state, first));
}

/** @throws TypeError if it is no JSON */
export function stateText(state: unknown): string {
  const text: string | undefined = JSON.stringify(state);
  if (text === undefined) throw new TypeError(`the state is ${typeof state}: it must be JSON`);
  return text;
}
