import { InvalidArgumentError } from 'commander';
import type { Literal } from '../shared/sql/value.ts';

/** Values of a query's parameters by name. */
export type ParameterValues = Readonly<Record<string, Literal>>;

/**
 * `name=value` beside those before it. The value is read as JSON (15, 1.5, true, null, "15"); what is no JSON is text.
 *
 * @throws InvalidArgumentError if there is no name, or the name was given before
 */
export function addParameter(text: string, before: ParameterValues = {}): ParameterValues {
  const [, name, value = ''] = /^\$?(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('It takes name=value, or 1=value for the first ?.');
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`The parameter ${name} has two values.`);
  return { ...before, [name]: literalOf(value) };
}

/** Whole numbers stay exact, however large. */
function literalOf(text: string): Literal {
  if (/^-?(0|[1-9]\d*)$/.test(text)) return BigInt(text);
  try {
    const value: unknown = JSON.parse(text);
    return isLiteral(value) ? value : text;
  } catch {
    return text; // Not JSON: the text itself is the value.
  }
}

const isLiteral = (value: unknown): value is Literal => value === null || typeof value !== 'object';

/** `name=value` beside those before it; the value is text, which the parameter's type reads. */
export function addText(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at > 0) return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
  throw new InvalidArgumentError('It takes name=value.');
}
