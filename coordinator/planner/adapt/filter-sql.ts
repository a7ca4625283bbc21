import { quotedName } from '../../../shared/sql/text.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import { previousInput, type Step } from '../../../shared/stage/step.ts';
import type { Comparison } from '../stages/choices.ts';
import { type Query, queryText } from '../stages/query.ts';
import type { Draft, ExchangeInput } from './draft.ts';
import type { Site } from './filter-sites.ts';
import { whole } from './join-in-place.ts';

/** The site's stage with one more input, the whole of another stage, without the rows whose keys are not there. */
export function filtered(
  { stage, keys }: Site,
  other: ExchangeInput,
  otherKeys: readonly string[],
  comparisons: readonly Comparison[],
  draft: Draft,
): StageSpec {
  const input = { ...whole(other), name: `keys_${other.name}` };
  const listed = otherKeys.map((key, i) => `${key} AS ${keyName(input.name, i)}`).join(', ');
  const source = `(SELECT ${listed} FROM ${quotedName(input.name)}) AS ${quotedName(`${input.name} keys`)}`;
  const semiJoin = (own: readonly string[]): string => {
    const equal = own.map((key, i) => `(${key} ${comparisons[i] ?? '='} ${keyName(input.name, i)})`);
    return `SEMI JOIN ${source} ON (${equal.join(' AND ')})`;
  };
  const { grouping } = draft.choicesOf(stage.id);
  const own = grouping && groupKeys(grouping, keys);
  const below = grouping && own && queryText({ ...grouping, from: `${grouping.from} ${semiJoin(own)}` });
  const steps = below === undefined ? behind(stage.steps, semiJoin(keys)) : [...stage.steps.slice(0, -1), sql(below)];
  return { ...stage, name: `${stage.name} → filter by keys`, inputs: [...stage.inputs, input], steps };
}

/** A name that no column of the rows to filter has. */
const keyName = (input: string, i: number): string => quotedName(`${input} key ${i}`);

const sql = (text: string): Step => ({ kind: 'sql', sql: text });

/** The rows of the last step that the join leaves. */
function behind(steps: readonly Step[], join: string): Step[] {
  const last = steps.at(-1);
  if (last?.kind === 'sql') return [...steps.slice(0, -1), sql(`SELECT * FROM (${last.sql}\n) ${join}`)];
  return [...steps, sql(`SELECT * FROM ${previousInput} ${join}`)];
}

/** What the groups' keys are before they are grouped, where they are columns there: then rows go before they are grouped. */
function groupKeys({ columns = [], tail = '' }: Query, keys: readonly string[]): string[] | undefined {
  const grouped = columns.slice(0, tail.split(',').length);
  const own = keys.map((key) => grouped.find(({ name }) => quotedName(name).toLowerCase() === key.toLowerCase())?.sql);
  const isPlain = (text: string | undefined): text is string => text !== undefined && /^(\w+|"[^"]+")$/.test(text);
  return own.every(isPlain) ? own : undefined;
}
