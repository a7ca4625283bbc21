import type { StageId } from '../../../shared/ids.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import type { JoinChoice } from '../stages/choices.ts';
import { cutInputs, type Draft, type ExchangeInput } from './draft.ts';

/** A join of two sides that are exchanged by hash, in a stage that has not begun, seen from one of its sides. */
export interface JoinSide {
  readonly reader: StageSpec;
  readonly join: JoinChoice;
  readonly here: ExchangeInput;
  readonly hereSide: 'left' | 'right';
  readonly other: ExchangeInput;
  readonly otherSide: 'left' | 'right';
}

/** Both sides of the join by hash that a stage begins with, if it still reads both. */
export function joinSides(reader: StageSpec, draft: Draft): JoinSide[] {
  if (!draft.pending.has(reader.id)) return [];
  const cut = cutInputs(reader);
  if (cut.length !== 2) return [];
  return draft.choicesOf(reader.id).joins.flatMap((join): JoinSide[] => {
    if (join.kind === 'broadcast') return [];
    const [left, right] = [join.left, join.right].map((names) => cut.find(({ name }) => names.includes(name)));
    if (left === undefined || right === undefined) return [];
    return [
      { reader, join, here: left, hereSide: 'left', other: right, otherSide: 'right' },
      { reader, join, here: right, hereSide: 'right', other: left, otherSide: 'left' },
    ];
  });
}

/** What a stage has written, or is thought to write. */
export function expected(id: StageId, draft: Draft): { readonly rows: number; readonly bytes: number } {
  const { rows = 0, bytes, unsure } = draft.choicesOf(id);
  const part = unsure ? unsureShare : 1;
  return draft.sizes(id) ?? { rows: rows * part, bytes: bytes * part };
}

/** Of what nobody knows how much a filter leaves, little may be left: it goes first, and then it is known. */
const unsureShare = 1 / 100;

/** Which of two sides is better made second. Of two equal ones, one. */
export function isLarger({ here, other }: JoinSide, draft: Draft): boolean {
  const [mine, others] = [here, other].map(({ from }) => expected(from, draft).bytes) as [number, number];
  return mine > others || (mine === others && here.from > other.from);
}
