import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBytes, parseDuration } from '../../../cli/units.ts';

test('sizes are read in powers of ten and of two', () => {
  const sizes = { '512MB': 512e6, '512MiB': 512 * 2 ** 20, '4g': 4 * 2 ** 30, '1.5 GB': 1.5e9, '4096': 4096, '0': 0 };
  for (const [text, bytes] of Object.entries(sizes)) assert.equal(parseBytes(text), bytes, text);
});

test('durations are read as milliseconds', () => {
  const durations = {
    '250ms': 250,
    '30s': 30_000,
    '5min': 300_000,
    '5m': 300_000,
    '1.5h': 5_400_000,
    '1d': 86_400_000,
  };
  for (const [text, ms] of Object.entries(durations)) assert.equal(parseDuration(text), ms, text);
});

test('what is neither is refused by name', () => {
  for (const text of ['', 'many', '-1MB', '5 parsecs', '1e3', 'constructor', '1constructor']) {
    assert.throws(() => parseBytes(text), { code: 'USAGE', message: `"${text}" is not a size` });
  }
  assert.throws(() => parseDuration('30'), { code: 'USAGE' });
});
