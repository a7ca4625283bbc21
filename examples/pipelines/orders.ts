/**
 * One API into one table: the smallest pipeline.
 *
 *     npx json-server examples/data/orders.json                  an API to read, on port 3000
 *     export SHEAF_SECRET_POSTGRES_URL=postgres://…              a database to load
 *     npx sheaf run examples/pipelines/orders.ts
 *     npx sheaf test examples/pipelines/orders.ts                without either
 */
import { drop, expect, param, pipeline, sink, source } from 'sheaf';

export default pipeline('orders', {
  schedule: '*/15 * * * *',
  params: { api: { type: 'varchar', value: 'http://127.0.0.1:3000/orders' } },

  extract: source.rest({
    url: param('api'),
    query: { _sort: 'updated_at' },
    pagination: {
      kind: 'page',
      param: '_page',
      size: { param: '_limit', rows: 50 },
      total: { of: 'rows', header: 'X-Total-Count' },
    },
    requestsPerSecond: 20,
    // Only what has changed since the last load: json-server's way of saying "at least".
    incremental: { param: 'updated_at_gte', column: 'updated_at' },
    schema: {
      id: 'bigint',
      customer_name: 'varchar',
      customer_city: 'varchar',
      items: 'varchar',
      total: 'double',
      status: 'varchar',
      updated_at: 'timestamp',
    },
  }),

  transform: ({ extract, sql }) => sql<typeof columns>`
    select id, customer_name as customer, customer_city as city, json_array_length(items)::integer as items, total, status, updated_at
    from ${extract}`,

  validate: [
    expect.notNull('id'),
    expect.inSet('status', ['paid', 'shipped', 'returned']),
    expect.between('total', 0, 10_000),
  ],
  onReject: drop({ shareMax: 0.05 }),

  load: sink.postgres('orders', { mode: 'merge', key: ['id'], orderBy: 'updated_at' }),

  samples: [
    {
      name: 'an order',
      given: {
        extract: [
          {
            id: 1,
            customer_name: 'Ann',
            customer_city: 'Oslo',
            items: [{ sku: 'A1', quantity: 2 }],
            total: 9.5,
            status: 'paid',
            updated_at: '2026-01-31T12:00:00Z',
          },
        ],
      },
      loaded: { load: [{ id: 1, customer: 'Ann', items: 1, total: 9.5 }] },
    },
    {
      name: 'a status that nobody knows',
      given: {
        extract: [
          {
            id: 2,
            customer_name: 'Bob',
            customer_city: 'Lima',
            items: [],
            total: 1,
            status: 'lost',
            updated_at: '2026-01-31T12:00:00Z',
          },
        ],
      },
      loaded: { load: [] },
      rejected: [{ rule: 'inSet(status)', id: 2 }],
    },
  ],
});

/** What is loaded. */
const columns = {
  id: 'bigint',
  customer: 'varchar',
  city: 'varchar',
  items: 'integer',
  total: 'double',
  status: 'varchar',
  updated_at: 'timestamp',
} as const;
