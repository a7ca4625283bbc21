import { bytes, count, GiB, KiB, MiB, milliseconds, type Section } from '../setting.ts';

/** Limits of reading REST APIs. */
export const restSettings = {
  restConcurrentRequests: count(8, {
    min: 1,
    max: 256,
    doc: 'Requests that a task has under way at a time, where pages can be asked for by their number.',
  }),
  restTimeoutMs: milliseconds(60_000, {
    min: 10,
    max: 3_600_000,
    doc: 'How long an API may take to begin its answer, and to go on with it.',
  }),
  restAttemptsMax: count(6, {
    min: 1,
    max: 100,
    doc: 'How often a page is asked for in all, after answers like 429 or 503 and broken connections.',
  }),
  restRetryDelayMs: milliseconds(500, {
    min: 1,
    max: 600_000,
    doc: 'The wait before a second attempt; it doubles with each further one. `Retry-After` wins.',
  }),
  restRetryDelayMsMax: milliseconds(60_000, {
    min: 1,
    max: 3_600_000,
    doc: 'The longest wait between two attempts that we choose.',
  }),
  restRetryAfterMsMax: milliseconds(600_000, {
    min: 1,
    max: 24 * 3_600_000,
    doc: 'The longest wait that an API may ask for with `Retry-After`; a longer one fails the task.',
  }),
  restPageBytesMax: bytes(64 * MiB, {
    min: KiB,
    max: GiB,
    doc: 'How large an answer may be, decompressed.',
  }),
  restPagesMax: count(1_000_000, {
    min: 1,
    max: 100_000_000,
    doc: 'Pages of one reading; more than these look like an API that never ends.',
  }),
  restPagesPerPiece: count(50, {
    min: 1,
    max: 100_000,
    doc: 'Pages that are read together, where their number is known before.',
  }),
  restRedirectsMax: count(5, { min: 0, max: 50, doc: 'Redirects that one request follows.' }),
  restBatchRows: count(8_192, { min: 1, max: 1_048_576, doc: 'Rows of a batch made of pages.' }),
} as const satisfies Section;
