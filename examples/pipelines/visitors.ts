/**
 * Logs → features → model → table: tells for each visitor of a web server what kind of visitor it is.
 *
 *     npx sheaf run examples/pipelines/train-visitors.ts     learns the kinds: the table out/visitor-kinds
 *     export SHEAF_SECRET_POSTGRES_URL=postgres://…          a database to load
 *     npx sheaf run examples/pipelines/visitors.ts
 *
 * The model is one of the sources: a run applies the one that is there when it begins. Train again, and the next run
 * takes the new one.
 */
import { accessLog, drop, expect, pipeline, sink, source } from 'sheaf';
import { type Center, modelColumns, nearest } from './k-means.ts';
import { visitorColumns, visitorsOf } from './visitor-features.ts';

const { LOGS = 'examples/data/apache_access.log' } = process.env;

export default pipeline('visitors', {
  schedule: '0 3 * * *',

  extract: {
    log: source.files(LOGS, { format: accessLog() }),
    kinds: source.files('out/visitor-kinds/*.parquet', { format: 'parquet', schema: modelColumns }),
  },

  transform: ({ log, kinds, sql }) => {
    const visitors = visitorsOf(log);
    // The whole model stands beside each visitor: it is small.
    const beside = sql<typeof withCenters>`
      select v.*, m.centers from ${visitors} v cross join (select list(k order by kind) as centers from ${kinds} k) m`;
    const loaded = beside.map(
      ({ centers, ...visitor }) => ({ ...visitor, ...nearest(visitor, centers as readonly Center[]) }),
      { schema: { ...visitorColumns, kind: 'integer', away: 'double' } },
    );
    return { loaded };
  },

  // More than one line in a thousand that cannot be read, and something is wrong with the log.
  onReject: drop({ shareMax: 0.001 }),
  validate: { loaded: [expect.notNull('kind'), expect.unique('host'), expect.rowCount({ min: 1 })] },

  load: { loaded: sink.postgres('visitors', { mode: 'merge', key: ['host'] }) },

  samples: [
    {
      name: 'the nearer of two kinds',
      given: {
        log: '../data/sample.log',
        kinds: [
          { kind: 0, activity: 0, variety: 1, assets: 0, errors: 0, night: 0, direct: 1 },
          { kind: 1, activity: 0, variety: 1, assets: 1, errors: 0, night: 0, direct: 0 },
        ],
      },
      loaded: { loaded: [{ host: '83.149.9.216', requests: 2, errors: 0.5, kind: 0 }] },
      rejected: [{ rule: 'malformed' }],
    },
  ],
});

/** The type of a list of structs is left to DuckDB. */
const withCenters = { ...visitorColumns, centers: 'unknown' } as const;
