import type { DatasetNode } from '../../shared/plan/nodes/dataset.ts';
import type { Session } from '../session/session.ts';
import { toColumns } from './columns.ts';
import { framesOf } from './frames.ts';
import type { LocalSource } from './source.ts';

/**
 * Streams a dataset to the coordinator, no faster than it takes it; it is on disk there when this resolves.
 *
 * @throws SheafError what the source throws, `SCHEMA_MISMATCH`, `QUOTA_EXCEEDED`, `DISK_FULL`
 */
export async function uploadDataset(session: Session, source: LocalSource, signal: AbortSignal): Promise<DatasetNode> {
  const { schema, batches } = await source.open();
  const columns = toColumns(schema);
  const { id } = await session.jobs.putDataset(framesOf(schema, batches, session.config), { signal });
  return { kind: 'dataset', id, schema: columns };
}
