import { type Features, features } from './visitor-features.ts';

/** The middle of the visitors of one kind. */
export type Center = Features & { readonly kind: number };

/** A model is a table of centers. */
export const modelColumns = {
  kind: 'integer',
  activity: 'double',
  variety: 'double',
  assets: 'double',
  errors: 'double',
  night: 'double',
  direct: 'double',
} as const;

/** The kind whose center is nearest, the first one of equals, and how far that is. */
export function nearest(
  visitor: Features,
  centers: readonly Center[],
): { readonly kind: number; readonly away: number } {
  let [kind, away] = [-1, Number.POSITIVE_INFINITY];
  for (const center of centers) {
    const far = distance(visitor, center);
    if (far < away) [kind, away] = [center.kind, far];
  }
  return { kind, away };
}

/** Euclid's; a feature that is missing counts as 0. */
export function distance(a: Features, b: Features): number {
  let squares = 0;
  for (const name of features) squares += ((a[name] ?? 0) - (b[name] ?? 0)) ** 2;
  return Math.sqrt(squares);
}

/**
 * Centers to begin with, by k-means++: each further one is drawn from the sample with a chance that grows with the
 * square of its distance from those before. The same sample and seed give the same centers.
 */
export function firstCenters(sample: readonly Features[], kinds: number, seed: number): readonly Center[] {
  const random = randomNumbers(seed);
  const centers: Center[] = [];
  while (centers.length < kinds) {
    const weights = sample.map((each) => (centers.length === 0 ? 1 : nearest(each, centers).away ** 2));
    const drawn = draw(weights, random.next().value);
    const visitor = sample[drawn];
    if (visitor === undefined) break; // There are fewer visitors, or fewer that differ, than kinds.
    centers.push({ ...visitor, kind: centers.length });
  }
  return centers;
}

/** The place of a weight, chosen by a number from 0 to below 1; -1 if all weights are 0. */
function draw(weights: readonly number[], chance: number): number {
  let left = chance * weights.reduce((sum, weight) => sum + weight, 0);
  return weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
}

/** Mulberry32: numbers from 0 to below 1. */
function* randomNumbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
