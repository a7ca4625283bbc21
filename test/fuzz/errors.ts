import { SheafError } from '../../shared/errors.ts';

/** What a step gave, or threw. */
export function attempt<T>(act: () => T): { readonly value?: T; readonly error?: SheafError } {
  try {
    return { value: act() };
  } catch (thrown) {
    return { error: SheafError.from(thrown) };
  }
}

/** A join of much with much ends by memory or disk in one and perhaps not in the other. */
export const limits: ReadonlySet<string> = new Set(['OUT_OF_MEMORY', 'DISK_FULL']);

/** How two errors differ: none where both failed. */
export function compareErrors(
  actual: SheafError | undefined,
  expected: SheafError | undefined,
): { readonly failed: true; readonly reason?: string; readonly difference?: string } {
  const line = (error: SheafError): string => `${error.code} ${error.message.slice(0, 400)}`;
  if ([actual, expected].some((error) => error !== undefined && limits.has(error.code)))
    return { failed: true, reason: 'too large' };
  if (actual === undefined) return { failed: true, difference: `no error; DuckDB: ${line(expected as SheafError)}` };
  if (expected === undefined) return { failed: true, difference: `error: ${line(actual)}` };
  if (actual.code === 'INTERNAL' && expected.code !== 'INTERNAL')
    return { failed: true, difference: `error: ${line(actual)}; DuckDB: ${line(expected)}` };
  return { failed: true, reason: line(expected) };
}
