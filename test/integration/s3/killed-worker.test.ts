/** A worker is killed while it uploads: the job goes on elsewhere, and of the dead worker's upload nothing stays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ObjectStore } from '../../../connectors/s3/store.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { TestCluster } from '../../support/cluster/cluster.ts';
import { startHostileS3 } from '../../support/servers/hostile-s3.ts';
import { startS3 } from '../../support/servers/s3.ts';

test('the uploads of a killed worker are swept when the job commits', async () => {
  await using s3 = await startS3();
  await using hostile = await startHostileS3(s3.options.endpoint);
  await s3.createBucket('out');
  Object.assign(process.env, s3.environment, { AWS_ENDPOINT_URL_S3: hostile.endpoint });
  await using cluster = await TestCluster.start({ workers: 1 });
  const client = await cluster.connectToLeader();
  const store = await ObjectStore.open(s3.options, loadConfig());
  let killed: Promise<unknown> | undefined;
  let openThen = 0;
  hostile.mischief = ({ method, path }) => {
    if (method !== 'PUT' || !path.includes('partNumber') || killed !== undefined) return undefined;
    killed = (async () => {
      for await (const _ of store.uploads.list('out', 'kill/')) openThen += 1;
      cluster.workers[0]?.signal('SIGKILL');
      await cluster.addWorker();
    })();
    return 'cut';
  };
  const written = await client.sql('SELECT i FROM range(1000) t(i)').write.parquet('s3://out/kill');
  await killed;
  assert.ok(openThen > 0, 'an upload was open when the worker died');
  assert.equal(written.rows, 1000);
  for await (const { key } of store.uploads.list('out', '')) assert.fail(`an upload of ${key} is open`);
  assert.equal(await client.read.parquet('s3://out/kill').count(), 1000);
});
