import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseRedshiftOptions } from '../../../connectors/redshift/options.ts';
import { s3Staging } from '../../../connectors/redshift/staging.ts';
import { ObjectStore } from '../../../connectors/s3/store.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { startS3 } from '../../support/servers/s3.ts';

/** Where COPY would read: a real server of the S3 protocol. */
test('staged files lie below the prefix under the names that COPY is told, and go with their run', async () => {
  await using s3 = await startS3();
  await s3.createBucket('warehouse');
  const options = parseRedshiftOptions({
    ...{ connection: 'redshift://u:p@h/d', table: 't', mode: 'append', iamRole: 'default' },
    ...{ stage: 's3://warehouse/staging', s3: { ...s3.options } },
  });
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-redshift-'));
  try {
    const config = loadConfig({}, { objectPartBytes: 5 * 2 ** 20 });
    const staging = await s3Staging(options, config, new AbortController().signal);
    const bytes = randomBytes(12 * 2 ** 20);
    writeFileSync(join(folder, 'part'), bytes);
    const url = await staging.putFile('run-1/out/a.parquet', join(folder, 'part'));
    const manifest = await staging.putText('run-1/out/manifest.json', '{}');
    await staging.putText('run-10/out/manifest.json', '{}');
    assert.deepEqual(
      [url, manifest],
      ['s3://warehouse/staging/run-1/out/a.parquet', 's3://warehouse/staging/run-1/out/manifest.json'],
    );
    const store = await ObjectStore.open(s3.options, config);
    const stored = await store.get({ bucket: 'warehouse', key: 'staging/run-1/out/a.parquet' });
    assert.ok(stored?.equals(bytes));
    // An attempt that was killed in mid-upload leaves one open.
    await store.uploads.begin({ bucket: 'warehouse', key: 'staging/run-1/out/b.parquet' });
    await staging.remove('run-1/out/');
    for await (const { key } of store.uploads.list('warehouse', '')) assert.fail(`${key} is still being uploaded`);
    const keys = [];
    for await (const { key } of store.list('warehouse', '')) keys.push(key);
    assert.deepEqual(
      keys.filter((key) => !key.endsWith('/')),
      ['staging/run-10/out/manifest.json'],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
