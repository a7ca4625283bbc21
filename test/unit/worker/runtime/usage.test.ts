import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { share, startUsage } from '../../../../worker/runtime/usage.ts';
import { UsageMeter } from '../../../../worker/runtime/usage-meter.ts';

test('what grows is shared among those that run, and what shrinks is not taken back', () => {
  const [first, second] = [startUsage(0), startUsage(0)];
  const seen = (spillBytes: number) => ({ spillBytes, rssBytes: 0, peakRssBytes: 0 });
  share(new Set([first]), 0, seen(100));
  share(new Set([first, second]), 100, seen(400));
  share(new Set([first, second]), 400, seen(0));
  share(new Set([second]), 0, seen(50));
  assert.deepEqual([first.spilledBytes, second.spilledBytes], [250, 200]);
});

test('the peak is the most that was seen, and what the process peaked at since the attempt began', () => {
  const [early, late] = [startUsage(500), startUsage(800)];
  const sample = { spillBytes: 0, rssBytes: 300, peakRssBytes: 800 };
  share(new Set([early, late]), 0, sample);
  share(new Set([early, late]), 0, { ...sample, rssBytes: 200 });
  assert.deepEqual([early.peakRssBytes, late.peakRssBytes], [800, 300]);
});

test('a meter looks when an attempt begins, while it runs and when it ends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'usage-'));
  const spill = join(folder, 'spill');
  const warnings: unknown[] = [];
  const log = { warn: (...said: unknown[]) => void warnings.push(said) };
  try {
    using meter = new UsageMeter([spill, join(folder, 'never')], {
      config: { usageSampleMs: 5, workerOverheadBytes: 0 },
      memoryLimitBytes: 1,
      log,
    });
    const before = meter.start(); // Nothing has spilled yet: there is no directory.
    mkdirSync(spill);
    writeFileSync(join(spill, 'one'), Buffer.alloc(3000));
    const beside = meter.start(); // What was there before it began is not its own.
    writeFileSync(join(spill, 'two'), Buffer.alloc(2000));
    while (beside.spilledBytes === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    truncateSync(join(spill, 'one'), 0);
    assert.equal(beside.stop().spilledBytes, 1000);
    writeFileSync(join(spill, 'one'), Buffer.alloc(500));
    const { spilledBytes, peakRssBytes } = before.stop();
    assert.equal(spilledBytes, 4500);
    assert.ok(peakRssBytes > 2 ** 24, String(peakRssBytes));
    assert.equal(before.stop().spilledBytes, spilledBytes);
    assert.equal(warnings.length, 1, 'more memory than is expected is told once');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
