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
  const parsed = (states ?? []).flatMap((state) => (state === null ? [] : [stateOf(state)]));
  const [first = init(), ...others] = parsed;
  return finish(others.reduce((state, other) => merge(state, other) ?? state, first));
}

/**
 * A state as text between tasks: JSON, and the numbers that it has no text for.
 *
 * @throws TypeError if it would not come back as it is
 */
export function stateText(state: unknown): string {
  const text: string | undefined = JSON.stringify(state);
  if (text === undefined) throw new TypeError(`the state is ${typeof state}: it must be JSON`);
  return mayLose.test(text) ? JSON.stringify(state, spelt) : text;
}

const stateOf = (text: string): unknown => (text.includes(numberKey) ? JSON.parse(text, revived) : JSON.parse(text));

/** What NaN and the infinities become in JSON, and what has no properties: a Map, a Set. */
const mayLose = /null|\{\}/;

/** A key that no user's state has. */
const numberKey = '#number#';

const revived = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && numberKey in value ? Number(value[numberKey]) : value;

const spelt = (_: string, value: unknown): unknown => {
  if (typeof value === 'number' && !Number.isFinite(value)) return { [numberKey]: String(value) };
  if (value instanceof Map || value instanceof Set)
    throw new TypeError(`the state holds a ${value.constructor.name}: it must be JSON`);
  return value;
};
