import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBatch, decodeSchema, encodeSchema } from '../../shared/arrow/ipc.ts';
import type { Config } from '../../shared/config/config.ts';
import type { DatasetFrame, DatasetRef } from '../../shared/contracts/jobs.ts';
import { SheafError } from '../../shared/errors.ts';
import { exchangePath, jobPath } from '../../shared/exchange/paths.ts';
import { ExchangeReader } from '../../shared/exchange/reader.ts';
import { dropJob } from '../../shared/exchange/root.ts';
import { ExchangeWriter } from '../../shared/exchange/writer.ts';
import type { PartitionSize } from '../../shared/stage/task.ts';

interface Spooled {
  readonly segments: readonly PartitionSize[];
  readonly arrivedMs: number;
}

/**
 * Datasets that only a client holds: streamed in, cut into record batches of a target size, and on disk before they are
 * acknowledged, so that a lost worker's task can read them again. They go when their job ends, or unused after a time.
 */
export class DatasetSpool {
  readonly #root: string;
  readonly #config: Config;
  readonly #spooled = new Map<string, Spooled>();

  constructor(root: string, config: Config) {
    this.#root = root;
    this.#config = config;
  }

  /**
   * Takes in a whole stream; one frame is in memory at a time.
   *
   * @throws SheafError `QUOTA_EXCEEDED`, `DISK_FULL`, `FILE_CORRUPT` for a frame that is no record batch
   */
  async receive(frames: AsyncIterable<DatasetFrame>): Promise<DatasetRef> {
    const id = `dataset-${randomBytes(5).toString('hex')}`;
    const incoming = frames[Symbol.asyncIterator]();
    const first = await incoming.next();
    if (first.done)
      throw new SheafError('PLAN_INVALID', 'A dataset arrived without its schema', {
        next: 'Use a client of the version that the coordinator has.',
      });
    const schema = encodeSchema(decodeSchema(first.value.metadata));
    const owner = { kind: 'dataset', dataset: id } as const;
    using writer = new ExchangeWriter({ root: this.#root, owner, partitions: 1, schema, limits: this.#limits() });
    let bytes = 0;
    for (let next = await incoming.next(); !next.done; next = await incoming.next()) {
      const { metadata, body } = next.value;
      bytes += metadata.byteLength + body.byteLength;
      this.#check(bytes);
      writer.write(0, decodeBatch(metadata, body));
    }
    const [size] = writer.commit();
    this.#spooled.set(id, { segments: segmentsOf(writer.path), arrivedMs: Date.now() });
    return { id, rows: size?.rows ?? 0, bytes: size?.bytes ?? 0 };
  }

  /** Whether it is here: received by this leader, or by an earlier one in a directory that they share. */
  has(id: string): boolean {
    return this.#spooled.has(id) || (idPattern.test(id) && existsSync(this.#path(id)));
  }

  /**
   * Rows and bytes of each segment.
   *
   * @throws SheafError `PLAN_INVALID` if it is not here (any more)
   */
  segments(id: string): readonly PartitionSize[] {
    const spooled = this.#spooled.get(id);
    if (spooled) return spooled.segments;
    if (this.has(id)) return segmentsOf(this.#path(id));
    throw new SheafError('PLAN_INVALID', `This coordinator holds no dataset ${id}`, {
      next: 'Submit the job again: the client uploads its data with each job.',
    });
  }

  async dropAll(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#spooled.delete(id);
    await Promise.all(ids.filter((id) => idPattern.test(id)).map((id) => dropJob(this.#root, id)));
  }

  /** Drops what earlier leaders received and nobody has touched since the time, except what is in one of the plans. */
  async sweep(beforeMs: number, used: ReadonlySet<string>): Promise<void> {
    const ids = await readdir(this.#root).catch(() => []);
    const strange = ids.filter((id) => idPattern.test(id) && !this.#spooled.has(id) && !used.has(id));
    await this.dropAll(strange.filter((id) => lastTouchedMs(jobPath(this.#root, id)) < beforeMs));
  }

  /** Drops what was uploaded before the time and is in none of the plans. */
  async expire(beforeMs: number, used: ReadonlySet<string>): Promise<void> {
    const old = [...this.#spooled].filter(([id, { arrivedMs }]) => arrivedMs < beforeMs && !used.has(id));
    await this.dropAll(old.map(([id]) => id));
  }

  #path(id: string): string {
    return exchangePath(this.#root, { kind: 'dataset', dataset: id });
  }

  #limits() {
    return { ...this.#config, exchangeMessageBytesMax: this.#config.datasetSegmentBytes };
  }

  #check(bytes: number): void {
    const { datasetBytesMax } = this.#config;
    if (bytes <= datasetBytesMax) return;
    throw new SheafError('QUOTA_EXCEEDED', `The dataset has more than ${datasetBytesMax} bytes (datasetBytesMax)`, {
      next: 'Write it to files that the workers can read, and read those.',
    });
  }
}

const idPattern = /^dataset-[0-9a-f]{10}$/;

/** When something in the folder was last written: an upload in progress writes all the time. */
function lastTouchedMs(folder: string): number {
  const paths = [folder, ...readdirSync(folder).map((name) => join(folder, name))];
  return Math.max(...paths.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

function segmentsOf(path: string): PartitionSize[] {
  using reader = new ExchangeReader(path);
  return (reader.index.partitions[0] ?? []).map(({ rows, metadataBytes, bodyBytes }) => ({
    rows,
    bytes: metadataBytes + bodyBytes,
  }));
}
