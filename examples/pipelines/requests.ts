/**
 * Server logs into a warehouse: the lines of an access log, as Parquet by day and as a table.
 *
 *     export SHEAF_SECRET_POSTGRES_URL=postgres://…          the table's database
 *     npx sheaf run examples/pipelines/requests.ts           the log of this repository into out/requests
 *     LOGS='s3://logs/web/*.log.gz' WAREHOUSE=s3://warehouse/requests npx sheaf run examples/pipelines/requests.ts
 *
 * Only files that came since the last run are read. A line that cannot be read, or that breaks a rule, goes to the
 * quarantine with its reason, its file and its place; after a fix `npx sheaf replay RUN` loads it.
 */
import { accessLog, expect, pipeline, quarantine, sink, source } from 'sheaf';

const { LOGS = 'examples/data/apache_access.log', WAREHOUSE = 'out/requests' } = process.env;

export default pipeline('requests', {
  schedule: '*/15 * * * *',

  extract: source.files(LOGS, { format: accessLog(), incremental: true }),

  transform: ({ extract, sql }) => {
    const requests = sql<typeof requestColumns>`
      select time::date as day, time, host, method, split_part(path, '?', 1) as path, status, coalesce(bytes, 0) as bytes,
        agent ilike '%bot%' as is_bot
      from ${extract}
      where status < 600`;
    const hours = sql<typeof hourColumns>`
      select date_trunc('hour', time) as hour, status, count(*) as requests, sum(bytes)::bigint as bytes, count(distinct host) as hosts
      from ${requests}
      where not is_bot
      group by all`;
    return { requests, hours };
  },

  validate: {
    requests: [expect.notNull('host'), expect.between('status', 100, 599), expect.inSet('method', methods())],
    hours: [expect.unique('hour', 'status'), expect.rowCount({ max: 1_000_000 })],
  },
  onReject: quarantine('out/rejects', { shareMax: 0.1 }),

  load: {
    requests: sink.files(WAREHOUSE, { partitionBy: ['day'] }),
    hours: sink.postgres('request_hours'),
  },

  samples: [
    {
      name: 'a line, and what is none',
      given: { extract: '../data/sample.log' },
      loaded: {
        requests: [{ host: '83.149.9.216', method: 'GET', path: '/a.png', status: 200, bytes: 203023, is_bot: false }],
        hours: [{ hour: '2015-05-17 10:00:00', status: 200, requests: 1 }],
      },
      rejected: [
        { rule: 'malformed', position: 97 },
        { rule: 'inSet(method)', method: 'BREW' },
      ],
    },
  ],
});

function methods(): readonly string[] {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
}

const requestColumns = {
  day: 'date',
  time: 'timestamp',
  host: 'varchar',
  method: 'varchar',
  path: 'varchar',
  status: 'integer',
  bytes: 'bigint',
  is_bot: 'boolean',
} as const;

const hourColumns = {
  hour: 'timestamp',
  status: 'integer',
  requests: 'bigint',
  bytes: 'bigint',
  hosts: 'bigint',
} as const;
