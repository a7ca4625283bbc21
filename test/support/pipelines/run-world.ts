import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { loadConfig } from '../../../shared/config/config.ts';
import { EmbeddedStore } from '../../../shared/store/embedded.ts';
import { MemorySource, MemoryTarget, type TestLeader, testDocument, type World } from './pipeline-runs.ts';

/**
 * A world for the tests of one file, anew for each test. Call it at the top of the file.
 *
 * @param there the rows that its source has, where that is not left to the test
 * @param now the clock on the wall, for schedules
 */
export function runWorld({ there, now }: { readonly there?: number; readonly now?: () => number } = {}): World {
  const world = { ...(now ? { now } : {}) } as World;
  beforeEach(() => {
    const folder = mkdtempSync(join(tmpdir(), 'sheaf-runs-'));
    const source = new MemorySource();
    if (there !== undefined) source.there = there;
    Object.assign(world, { store: new EmbeddedStore(loadConfig({})), folder, source, target: new MemoryTarget() });
  });
  afterEach(async () => {
    await world.store.close();
    rmSync(world.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 10 }); // Runs may be under way still.
  });
  return world;
}

/** Rows that a run loads into an output. */
export const rowsTo = (to: number, output = 'load') => Array.from({ length: to }, (_, n) => `${output}: row ${n}`);

/** Puts a document and begins a run of it. */
export async function begin(leader: TestLeader, document = testDocument()) {
  await leader.desk.put(document, false);
  return await leader.desk.submit({ pipeline: document.name, cause: 'manual' });
}
