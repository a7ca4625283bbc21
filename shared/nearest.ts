/** For "did you mean": which of the names that exist are close to the one that was asked for. */

/** At most this many suggestions. */
const suggestionsMax = 3;

/**
 * The names nearest to `wanted`, best first, without regard to case; none if none is near enough (a third of the
 * letters, at least one, may differ). A name that contains the wanted one, or is contained in it, counts as near.
 */
export function nearest(names: readonly string[], wanted: string): string[] {
  const lower = wanted.toLowerCase();
  return names
    .map((name) => ({ name, distance: closeness(name.toLowerCase(), lower) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(wanted.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, suggestionsMax)
    .map(({ name }) => name);
}

/** `Did you mean "a" or "b"?`, or nothing. */
export function didYouMean(names: readonly string[], wanted: string): string {
  const close = nearest(names, wanted);
  return close.length === 0 ? '' : `Did you mean ${close.map((name) => `"${name}"`).join(' or ')}?`;
}

const shortestPart = 3;

function closeness(a: string, b: string): number {
  const part = (long: string, short: string): boolean => short.length >= shortestPart && long.includes(short);
  return part(a, b) || part(b, a) ? 1 : editDistance(a, b);
}

/**
 * Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other: Levenshtein's
 * distance with Damerau's swaps (optimal string alignment), since swapped letters are the commonest slip.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min((last[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution, swap));
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
