import { monotonicMs } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import type { Logger } from '../../shared/log.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Pipelines } from '../pipelines/pipelines.ts';
import type { BlobDirectory } from './blobs.ts';
import type { DatasetSpool } from './dataset-spool.ts';
import type { HeldResults } from './jobs/held-results.ts';
import type { JobLedger } from './jobs/job-ledger.ts';
import type { Sessions } from './sessions.ts';
import type { WorkerDoor } from './worker-door.ts';

/** What {@link keepHouse} works with. */
export interface HouseParts {
  readonly sessions: Sessions;
  readonly door: WorkerDoor;
  readonly heldResults: HeldResults;
  readonly ledger: JobLedger;
  readonly catalog: Pick<Catalog, 'bundles'>;
  readonly pipelines: Pick<Pipelines, 'blobs'>;
  readonly blobs: BlobDirectory;
  readonly datasets: DatasetSpool;
  readonly config: Config;
  readonly log: Logger;
}

/**
 * What a leader does again and again until it is disposed of: loses silent workers, forgets old results, removes old
 * files.
 */
export function keepHouse(parts: HouseParts): Disposable {
  const { heartbeatIntervalMs, blobSweepMs } = parts.config;
  const often = setInterval(() => look(parts), heartbeatIntervalMs);
  const seldom = setInterval(() => void sweep(parts), blobSweepMs);
  return {
    [Symbol.dispose]() {
      clearInterval(often);
      clearInterval(seldom);
    },
  };
}

function look({ sessions, door, heldResults, config, log }: HouseParts): void {
  const silent = sessions.silentSince(monotonicMs() - config.heartbeatTimeoutMs);
  for (const worker of silent) door.lose(worker, 'unreachable');
  void heldResults.expire(Date.now()).catch((error: unknown) => log.warn({ error }, 'old data was not removed'));
}

async function sweep({
  heldResults,
  ledger,
  catalog,
  pipelines,
  blobs,
  datasets,
  config,
  log,
}: HouseParts): Promise<void> {
  const active = heldResults.active();
  const neededBlobs = new Set([
    ...ledger.requests(),
    ...active.flatMap(({ bundles }) => bundles),
    ...catalog.bundles(),
    ...pipelines.blobs(),
  ]);
  const neededDatasets = new Set(active.flatMap((record) => record.datasets));
  try {
    await blobs.sweep(Date.now() - config.blobRetentionMs, neededBlobs);
    await datasets.sweep(Date.now() - config.resultRetentionMs, neededDatasets);
  } catch (error) {
    log.warn({ error }, 'old blobs were not removed');
  }
}
