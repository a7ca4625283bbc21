import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import { type Literal, quoteLiteral } from '../../shared/sql/value.ts';
import { isParamRef } from '../references.ts';

const opening = '⟦run parameter ';
const closing = '⟧';
const place = new RegExp(`^'${opening}(\\w+)${closing}'$`);

/** Stands for a parameter of the run among the parameters of SQL text, until the run gives its value. */
export const paramText = (name: string): string => `${opening}${name}${closing}`;

/** A run's values by name, each with the DuckDB type that it has in SQL. */
export type ParamValues = Readonly<Record<string, { readonly type: string; readonly value: Json }>>;

/**
 * Plain data (options, plans) with the run's values in place of `{ $param: name }`, and of the places that SQL's
 * templates left.
 *
 * @throws SheafError `PIPELINE_INVALID` for a parameter that the pipeline does not have
 */
export function fillParams<Data>(data: Data, values: ParamValues): Data {
  return fill(data, values) as Data;
}

function fill(data: unknown, values: ParamValues): unknown {
  if (typeof data === 'string') return fillText(data, values);
  if (isParamRef(data)) return given(data.$param, values).value;
  if (Array.isArray(data)) return data.map((item) => fill(item, values));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, fill(value, values)]));
}

function fillText(text: string, values: ParamValues): string {
  if (!text.includes(opening)) return text;
  const [, name] = place.exec(text) ?? [];
  if (name === undefined) {
    throw new SheafError(
      'PIPELINE_INVALID',
      'A parameter of the run stands in SQL where no value can, as the name of a file perhaps',
      {
        next: 'Read the file as a source, with the parameter in its options.',
      },
    );
  }
  const { type, value } = given(name, values);
  const literal = typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Literal);
  return `CAST(${quoteLiteral(literal)} AS ${type})`;
}

function given(name: string, values: ParamValues): ParamValues[string] {
  const found = Object.hasOwn(values, name) ? values[name] : undefined;
  if (found) return found;
  throw new SheafError('PIPELINE_INVALID', `The run has no parameter ${name}`, {
    next: `It has: ${Object.keys(values).join(', ')}. Declare others as \`params\` of the pipeline.`,
  });
}
