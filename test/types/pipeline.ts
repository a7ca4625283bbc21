/** Which pipelines compile and which do not: checked by `npm run check`, never run. */
import {
  accessLog,
  col,
  expect,
  fail,
  jsonLines,
  linePattern,
  param,
  pipeline,
  quarantine,
  secret,
  sink,
  source,
  sql,
} from '../../client/index.ts';

const orders = source.postgres({
  table: 'orders',
  incremental: 'updated_at',
  schema: { id: 'bigint', status: 'integer', note: 'varchar', updated_at: 'timestamp' },
});
const people = source.postgres({ table: 'people', schema: { id: 'bigint', name: 'varchar' } });
void sql;

pipeline('plain', { extract: orders, load: sink.postgres('orders', { mode: 'merge', key: ['id'] }) });

// @ts-expect-error the rows have no column `order_id`
pipeline('plain', { extract: orders, load: sink.postgres('orders', { mode: 'merge', key: ['order_id'] }) });

// @ts-expect-error a merge needs a key
sink.postgres('orders', { mode: 'merge' });

pipeline('rules', {
  extract: orders,
  validate: [
    expect.notNull('id'),
    expect.between('status', 100, 599),
    expect.unique('id'),
    expect.foreignKey('id', people, 'id'),
    expect.rowCount({ min: 1 }),
    expect.freshness('updated_at', '2h'),
    expect.row('sane', 'status <> 404'),
  ],
  onReject: quarantine('/tmp/rejects', { shareMax: 0.01 }),
  load: sink.postgres('orders'),
});

// @ts-expect-error there is no column `stat`
pipeline('rules', {
  extract: orders,
  validate: [expect.notNull('stat')],
  load: sink.postgres('orders'),
});

// @ts-expect-error people have no column `ident`
expect.foreignKey('id', people, 'ident');
// @ts-expect-error no such unit
expect.freshness('updated_at', '2 fortnights');

pipeline('steps', {
  params: { day: 'date', limit: { type: 'integer', value: 10 } },
  extract: { orders, people },
  transform: ({ orders, people, sql, params }) => {
    const late = orders.filter('status > 300').map((row) => ({ id: row.id, short: row.note?.slice(0, 3) }), {
      schema: { id: 'bigint', short: 'varchar' },
    });
    const named = sql<{ name: 'varchar'; orders: 'bigint' }>`
      select name, count(*) as orders from ${late} l join ${people} p using (id) where ${params.day} < ${params.run_time} group by name`;
    return { named, late };
  },
  validate: { named: [expect.notNull('name')] },
  onReject: fail(),
  load: { named: sink.postgres('named', { mode: 'merge', key: ['name'] }), late: sink.postgres('late') },
  retry: { attempts: 5, firstDelay: '30s' },
  onFailure: { webhook: secret('ALERTS') },
});

pipeline('steps', {
  extract: { orders, people },
  // @ts-expect-error there is no source `order`
  transform: ({ order }) => order,
  load: sink.postgres('x'),
});

pipeline('steps', {
  extract: { orders },
  transform: ({ orders }) => ({ good: orders }),
  // @ts-expect-error there is no relation `bad`
  load: { bad: sink.postgres('x') },
});

pipeline('steps', {
  extract: orders,
  // @ts-expect-error no such column
  transform: ({ extract }) => extract.select('idd'),
  load: sink.postgres('x'),
});

const logs = source.files('logs/*.gz', { format: accessLog(), incremental: true });
pipeline('logs', {
  extract: logs,
  transform: ({ extract }) => extract.filter(col('status').lt(600)).select('host', 'time', 'status'),
  validate: [expect.notNull('host'), expect.freshness('time', '1h')],
  load: sink.files('/warehouse/requests', { partitionBy: ['status'] }),
});
// @ts-expect-error rows of an access log have no column `day`
pipeline('logs', {
  extract: logs,
  load: sink.files('/warehouse/requests', { partitionBy: ['day'] }),
});
pipeline('others', {
  extract: {
    lines: source.files('app.log', { format: linePattern(/^(?<at>\S+) (?<text>.*)$/, { at: 'timestamp' }) }),
    json: source.files('app.ndjson', { format: jsonLines({ at: 'timestamp', ms: 'double' }) }),
    parquet: source.files('s3://bucket/*.parquet', {
      format: 'parquet',
      schema: { id: 'bigint' },
      s3: { endpoint: 'http://127.0.0.1:9000' },
    }),
    api: source.rest({
      url: 'https://x.test',
      auth: { kind: 'bearer', token: secret('T') },
      query: { day: param('day') },
    }),
  },
  params: { day: 'date' },
  load: {
    json: sink.duckdb('w.duckdb', 'json', { mode: 'merge', key: ['at'] }),
    api: sink.redshift('api', { stage: 's3://b/stage', iamRole: 'default' }),
  },
});
// @ts-expect-error a date is no type of a line
jsonLines({ at: 'date' });
