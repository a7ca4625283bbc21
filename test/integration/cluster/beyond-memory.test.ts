import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type JobInfo, local } from '../../../client/index.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { rowsOf, sortJoinAggregate, writeRows } from '../../support/cluster/beyond-memory.ts';

const MiB = 2 ** 20;

/** Smaller than the floor that users get, so that data of four times it is there in seconds. */
const memoryLimitBytes = 96 * MiB;
const workers = 2;
/** One slot, but several tasks: a join in one task moves nothing. */
const config = { slotMemoryBytesMin: 16 * MiB, wideBytesMax: 0, taskBytesMin: 2 * MiB };
const dataBytes = 4 * workers * memoryLimitBytes;
const peakMax = memoryLimitBytes + loadConfig().workerOverheadBytes;

/** What the stages that read all rows handed on. */
function movedBytes({ stages }: JobInfo, rows: number): number {
  const whole = stages.filter(({ work }) => work !== undefined && work.rowsIn >= rows);
  return Math.max(...whole.map(({ bytesOut }) => bytesOut), 0);
}

test('sort, join and aggregate of four times the memory of the cluster spill, and memory stays bounded', async () => {
  const rows = rowsOf(dataBytes);
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-beyond-'));
  try {
    const path = join(folder, 'rows.parquet');
    writeRows(path, rows, join(folder, 'spill'));
    await using cluster = await local({ workers, threads: 1, memoryLimitBytes, config });
    const jobs = await sortJoinAggregate(cluster, path, rows);
    for (const [name, job] of Object.entries(jobs)) {
      // Of a join, that is each side.
      const moved = movedBytes(job, rows) * (name === 'join' ? 2 : 1);
      assert.ok(moved >= dataBytes, `${name} moves ${moved} bytes`);
      assert.ok(job.spilledBytes > 0, `${name} spills`);
      assert.equal(job.peaks.length, workers);
      for (const { peakRssBytes } of job.peaks) assert.ok(peakRssBytes < peakMax, `${name}: ${peakRssBytes} bytes`);
    }
    // The system's own word on the workers.
    for (const { pid } of await cluster.workers()) {
      const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      assert.ok(Number(kibibytes) * 1024 < peakMax, `${kibibytes} KiB`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
