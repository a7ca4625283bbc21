/** Tasks of a cluster write into the sink; what they receipt is committed, and read by the cluster again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesSink } from '../../../connectors/files/sink.ts';
import type { Json } from '../../../shared/json.ts';
import { TestCluster } from '../../support/cluster/cluster.ts';
import { runLoad } from '../../support/cluster/submit-plan.ts';
import { ConnectorLab } from '../../support/connectors/connectors.ts';
import { startS3 } from '../../support/servers/s3.ts';

test('a load of several tasks into partitions of a bucket, with secrets by name', async () => {
  await using s3 = await startS3();
  using lab = new ConnectorLab();
  await s3.createBucket('out');
  const { accessKeyId, secretAccessKey, endpoint, region } = s3.options;
  Object.assign(process.env, s3.environment, {
    SHEAF_SECRET_lake_key: accessKeyId,
    SHEAF_SECRET_lake_secret: secretAccessKey,
  });
  await using cluster = await TestCluster.start({ workers: 2, config: { taskBytesTarget: 100_000, taskBytesMin: 1 } });
  const client = await cluster.connectToLeader();
  const named = { endpoint, region, accessKeyId: { $secret: 'lake_key' }, secretAccessKey: { $secret: 'lake_secret' } };
  const options = (storage: Json): Json => ({ path: 's3://out/lake', partitionBy: ['day'], s3: storage });
  const select = `SELECT i, date '2024-01-01' + (i % 3)::INTEGER AS day FROM range(30000) t(i)`;
  const receipts = await runLoad(await cluster.coordinator.address, {
    kind: 'load',
    run: 'run-1',
    pipeline: 'p',
    outputs: [
      {
        name: 'rows',
        input: { kind: 'repartition', input: { kind: 'sql', text: select, relations: [] }, partitions: 3, keys: [] },
        sink: { connector: 'files', options: options(named), prepared: null, single: false },
      },
    ],
  });
  assert.ok(receipts.length > 1);
  assert.equal(JSON.stringify(receipts).includes(secretAccessKey ?? '?'), false);
  const context = {
    ...lab.context(),
    run: 'run-1',
    pipeline: 'p',
    output: 'rows',
    schema: [],
    prepared: null,
    cursors: {},
    mustLead: () => {},
  };
  const all = receipts.map(({ receipt }) => receipt);
  const committed = await filesSink.commit(filesSink.parse(options({ ...s3.options })), all, context);
  assert.equal(committed.rows, 30_000);
  const rows: unknown[] = [];
  const byDay = `SELECT day::VARCHAR AS d, count(*) AS n FROM read_parquet('s3://out/lake') GROUP BY day ORDER BY d`;
  for await (const { d, n } of client.sql(byDay).rows()) rows.push([d, Number(n)]);
  assert.deepEqual(rows, [
    ['2024-01-01', 10_000],
    ['2024-01-02', 10_000],
    ['2024-01-03', 10_000],
  ]);
});
