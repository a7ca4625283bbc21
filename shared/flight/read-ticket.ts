import { z } from 'zod';
import { SheafError } from '../errors.ts';
import { jobId, stageId } from '../ids.ts';
import type { Wanted } from './ticket.ts';

const whole = z.int().nonnegative();
const partsShape = z.strictObject({
  job: z.string(),
  parts: z
    .array(
      z.union([
        z.tuple([whole, whole, whole, whole, whole]),
        z.tuple([whole, whole, whole, whole]),
        z.tuple([whole, whole, whole, whole, whole, whole, whole]),
      ]),
    )
    .min(1),
});
const datasetShape = z.strictObject({
  dataset: z.string(),
  from: whole,
  to: whole,
  skip: whole.optional(),
});

/**
 * Reads a ticket that came over the wire.
 *
 * @throws SheafError `USAGE` if it is none, or asks for more than `partsMax`
 */
export function decodeTicket(bytes: Uint8Array, partsMax: number): Wanted[] {
  const json = parsed(bytes);
  const dataset = datasetShape.safeParse(json);
  if (dataset.success) return [ofDataset(dataset.data)];
  const ticket = partsShape.safeParse(json);
  if (!ticket.success) throw invalid('it has neither the shape of parts nor of a dataset', ticket.error);
  const { job, parts } = ticket.data;
  if (parts.length > partsMax)
    throw invalid(`it asks for ${parts.length} parts, at most ${partsMax} are served at once`);
  return parts.map(([stage, task, attempt, partition, skip = 0, first, rows]) => ({
    owner: { kind: 'attempt', key: { job: jobId(job), stage: stageId(stage), task, attempt } },
    partition,
    from: 0,
    to: undefined,
    skip,
    ...(first === undefined || rows === undefined ? {} : { range: { first, rows } }),
  }));
}

const ofDataset = ({ dataset, from, to, skip = 0 }: z.infer<typeof datasetShape>): Wanted => ({
  owner: { kind: 'dataset', dataset },
  partition: 0,
  from,
  to,
  skip,
});

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
}

const invalid = (what: string, cause?: unknown): SheafError =>
  new SheafError('USAGE', `This Flight ticket cannot be served: ${what}`, {
    cause,
    next: 'Use a ticket as Sheaf gives it out: {"job":…,"parts":[[stage,task,attempt,partition],…]}.',
  });
