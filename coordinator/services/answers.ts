import type { Empty } from '../../shared/contracts/jobs.ts';

/** A document as an answer: one JSON text. */
export const asJson = (value: unknown): { readonly json: string } => ({ json: JSON.stringify(value) });

/** Several documents as an answer, a JSON text each. */
export const asJsons = (values: readonly unknown[]): { readonly json: string[] } => ({
  json: values.map((value) => JSON.stringify(value)),
});

/** The answer to a call that has nothing to say but that it is done. */
export async function done(work: unknown): Promise<Empty> {
  await work;
  return {};
}
