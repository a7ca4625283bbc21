import type { Schema } from 'apache-arrow';
import { decodeBatch, decodeSchema } from '../../shared/arrow/ipc.ts';
import { toRecordBatch } from '../../shared/arrow/record-batch.ts';
import { assert } from '../../shared/errors.ts';
import { type InlineRows, readInline } from '../../shared/exchange/inline-rows.ts';
import type { FlightClient } from '../../shared/flight/client.ts';
import type { ReadPart } from '../result/part.ts';

function* inlineBatches(inline: InlineRows) {
  const { schema, batches } = readInline(inline);
  for (const batch of batches) yield toRecordBatch(schema, batch);
}

/** Reads parts of results straight from the workers that hold them. */
export const flightParts = (flight: FlightClient): ReadPart =>
  async function* (job, { address, stage, task, attempt, partition, inline }, signal) {
    if (inline !== undefined) return yield* inlineBatches(inline);
    const ticket = { kind: 'parts', job, parts: [{ stage, task, attempt, partition }] } as const;
    let schema: Schema | undefined;
    for await (const frame of flight.doGet(address, ticket, { signal })) {
      if (frame.kind === 'schema') schema = decodeSchema(frame.schema);
      else {
        assert(schema !== undefined, 'a pull begins with its schema');
        yield toRecordBatch(schema, decodeBatch(frame.metadata, frame.body));
      }
    }
  };
