import type { StageSpec } from '../../../shared/stage/stage.ts';
import { behind, canStandBehind } from './behind.ts';
import { cutInputs, type Draft, type ExchangeInput, partitionsOf } from './draft.ts';
import { waitsForKeys } from './filter-sides.ts';
import { waitsForOtherSide } from './join-in-place.ts';
import { sortWhole } from './read-whole.ts';

/**
 * A stage that turns out to be worth one task goes on with the one that would bring the rows of its tasks together: they
 * are not written down to be read again, and no task starts for it.
 */
export function goOn(spec: StageSpec, draft: Draft): StageSpec {
  if (spec.tasks !== 1 || spec.output.kind !== 'exchange') return spec;
  // What was to cut its rows into ranges, to sort these, reads them whole.
  const sort = [...draft.pending.values()].find(({ id }) => draft.choicesOf(id).whole?.from === spec.id);
  if (sort !== undefined) sortWhole(sort, partitionsOf(spec.output), draft);
  const reader = onlyReader(spec, draft);
  const here = reader?.inputs[0];
  if (reader === undefined || here?.kind !== 'exchange' || !mayGoOn(spec, reader, here, draft)) return spec;
  const both = joined(spec, reader, here);
  draft.pending.delete(spec.id);
  draft.pending.set(both.id, both);
  draft.note(both.id, 'merged', `the one task of stage ${spec.id} goes on with it`);
  return goOn(both, draft);
}

/** The stage that reads its rows, if no other does and it reads nothing else. */
function onlyReader(spec: StageSpec, draft: Draft): StageSpec | undefined {
  const needed = draft.needed();
  const [reader, ...more] = draft.readersOf(spec.id).filter(({ id }) => needed.has(id));
  const isOnly = reader !== undefined && more.length === 0 && draft.pending.has(reader.id);
  return isOnly && reader.inputs.length === 1 && cutInputs(reader).length === 1 ? reader : undefined;
}

/** Of little data a join may make much: then as many tasks as were planned are better. */
function mayGoOn(spec: StageSpec, reader: StageSpec, { name }: ExchangeInput, draft: Draft): boolean {
  const { asked, joins } = draft.choicesOf(spec.id);
  const isOne = reader.tasks === 1 || (asked === undefined && joins.length === 0);
  const isWaiting = waitsForOtherSide(reader, draft) || waitsForKeys(reader, draft);
  return isOne && !isWaiting && canStandBehind(spec, reader, name);
}

const joined = (spec: StageSpec, reader: StageSpec, { name }: ExchangeInput): StageSpec => ({
  ...reader,
  name: `${spec.name} → ${reader.name.replace(/^(gather|range|meet by \w+) → /, '')}`,
  tasks: 1,
  inputs: spec.inputs,
  steps: behind(spec.steps, reader.steps, name),
  deterministic: spec.deterministic && reader.deterministic,
});
