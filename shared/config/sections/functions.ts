import { bytes, count, KiB, MiB, type Section } from '../setting.ts';

/** Limits of user functions. */
export const functionSettings = {
  functionGroupsMax: count(50_000, {
    min: 1,
    max: 10_000_000,
    doc: 'Groups of which a task holds the states of an aggregate function in TypeScript. More are put out, and meet later.',
  }),
  functionBundleBytesMax: bytes(8 * MiB, {
    min: 64 * KiB,
    max: 256 * MiB,
    doc: 'The size of one bundled function with its dependencies. Every pool thread loads it.',
  }),
  functionRowsConcurrentMax: count(64, {
    min: 1,
    max: 65_536,
    doc: 'Calls of an async row function that one task has under way at once.',
  }),
  functionBatchesConcurrentMax: count(4, {
    min: 1,
    max: 1024,
    doc: 'Calls of an async batch function that one task has under way at once. Each holds its batch.',
  }),
  functionErrorCharsMax: count(2000, {
    min: 100,
    max: 1_000_000,
    doc: "Characters of a row's values in the error of a function that threw on it. One value takes a tenth at most.",
  }),
} as const satisfies Section;
