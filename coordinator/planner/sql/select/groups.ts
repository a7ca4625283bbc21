import { type AstNode, find, isNode, meaning } from '../../../../shared/sql/ast.ts';
import type { Aliases } from './aliases.ts';
import type { SelectParts } from './parts.ts';

/** What a SELECT groups by. */
export interface Groups {
  /** Each once. */
  readonly keys: readonly AstNode[];
  /** Sets of keys by position; absent: all keys. */
  readonly sets?: readonly (readonly number[])[];
}

/**
 * GROUP BY with positions and aliases resolved; or for people why it is not understood.
 *
 * @param items the select list over columns only
 */
export function groupsOf(
  { groups, groupsAll, groupSets }: SelectParts,
  items: readonly AstNode[],
  aliases: Aliases,
  hasAggregate: (tree: AstNode) => boolean,
): Groups | string {
  // What names no column is no key of GROUP BY ALL: over no rows there is still one group then.
  const all = groupsAll ? items.filter((tree) => !hasAggregate(tree) && namesColumn(tree)) : [];
  const resolved = groups.map((group) => {
    const position = positionOf(group);
    return position === undefined ? aliases.resolve(group) : items[position - 1];
  });
  const known = [...all, ...resolved].filter((tree) => tree !== undefined);
  if (known.length !== all.length + resolved.length) return 'it groups by a position that is not there';
  const texts = known.map(meaning);
  const keys = known.filter((_, i) => texts.indexOf(texts[i] ?? '') === i);
  if (groupSets === undefined) return { keys };
  const placeOf = (at: number): number => keys.findIndex((key) => meaning(key) === texts[at]);
  const sets = groupSets.map((set) => [...new Set(set.map(placeOf))].sort((a, b) => a - b));
  return { keys, sets };
}

/** Sets of which some are equal, in lists of different ones: the rows of equal sets could not be told apart. */
export function layersOf(sets: readonly (readonly number[])[]): (readonly (readonly number[])[])[] {
  const layers: (readonly number[])[][] = [];
  for (const [at, set] of sets.entries()) {
    const depth = sets.slice(0, at).filter((other) => String(other) === String(set)).length;
    layers[depth] = [...(layers[depth] ?? []), set];
  }
  return layers;
}

export const namesColumn = (tree: AstNode): boolean => find(tree, (node) => node.class === 'COLUMN_REF').length > 0;

/** The position that a plain whole number means in GROUP BY and ORDER BY. */
export function positionOf({ class: kind, value }: AstNode): number | undefined {
  if (kind !== 'CONSTANT' || !isNode(value) || typeof value.value !== 'number') return undefined;
  return isNode(value.type) && value.type.id === 'INTEGER' ? value.value : undefined;
}
