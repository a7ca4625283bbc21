import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig, variableName } from '../../../shared/config/config.ts';

test('a variable wins over the default, an override over both', () => {
  assert.equal(loadConfig().batchRowsMax, 65_536);
  assert.equal(loadConfig({ SHEAF_BATCH_ROWS_MAX: '4096' }).batchRowsMax, 4096);
  assert.equal(loadConfig({ SHEAF_BATCH_ROWS_MAX: '4096' }, { batchRowsMax: 8192 }).batchRowsMax, 8192);
});

test('a value outside its limits is refused by name', () => {
  assert.throws(() => loadConfig({ SHEAF_BATCH_ROWS_MAX: 'many' }), /batchRowsMax is no number/);
  assert.throws(() => loadConfig({}, { batchRowsMax: 1 }), { code: 'CONFIG_INVALID' });
});

test('a variable is named after its setting', () => {
  assert.equal(variableName('interruptIntervalMs'), 'SHEAF_INTERRUPT_INTERVAL_MS');
});
