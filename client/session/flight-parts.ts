import type { Schema } from 'apache-arrow';
import { decodeBatch, decodeSchema } from '../../shared/arrow/ipc.ts';
import { toRecordBatch } from '../../shared/arrow/record-batch.ts';
import { assert } from '../../shared/errors.ts';
import type { FlightClient } from '../../shared/flight/client.ts';
import type { ReadPart } from '../result/part.ts';

/** Reads parts of results straight from the workers that hold them. */
export const flightParts = (flight: FlightClient): ReadPart =>
  async function* (job, { address, stage, task, attempt, partition }, signal) {
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
