import type { DatasetFrame } from '../../shared/contracts/jobs.ts';
import type { DatasetNode } from '../../shared/plan/nodes/dataset.ts';
import type { Session } from '../session/session.ts';
import { duckdbSchema, framesOf } from '../stand-in.ts';
import type { LocalSource } from './source.ts';

/** Streams a dataset to the coordinator; it is on disk there when this resolves. */
export async function uploadDataset(session: Session, source: LocalSource, signal: AbortSignal): Promise<DatasetNode> {
  const { schema, batches } = await source.open();
  const columns = duckdbSchema(schema);
  const frames: AsyncIterable<DatasetFrame> = framesOf(schema, batches, session.config);
  const { id } = await session.jobs.putDataset(frames, { signal });
  return { kind: 'dataset', id, schema: columns };
}
