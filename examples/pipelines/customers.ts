/**
 * A database into another: orders per customer, kept up to date by a merge.
 *
 *     export SHEAF_SECRET_SHOP_URL=postgres://…        where the tables customers and orders are
 *     export SHEAF_SECRET_POSTGRES_URL=postgres://…    where the summary goes
 *     npx sheaf run examples/pipelines/customers.ts
 */
import { expect, pipeline, quarantine, secret, sink, source } from 'sheaf';

const shop = secret('SHOP_URL');

export default pipeline('customers', {
  schedule: { cron: '0 6 * * *', timeZone: 'Europe/Berlin' },

  extract: {
    customers: source.postgres({
      connection: shop,
      table: 'customers',
      schema: { id: 'bigint', name: 'varchar', email: 'varchar' },
    }),
    orders: source.postgres({
      connection: shop,
      table: 'orders',
      schema: { id: 'bigint', customer: 'bigint', total: 'decimal(12,2)', at: 'timestamp' },
    }),
  },

  // A TypeScript function runs beside the SQL, in the same tasks.
  transform: ({ customers, orders, sql }) => {
    const known = customers.map((row) => ({ id: row.id, name: row.name, domain: domainOf(row.email) }), {
      schema: { id: 'bigint', name: 'varchar', domain: 'varchar' },
    });
    const summary = sql<typeof summaryColumns>`
      select c.id, c.name, c.domain, count(o.id) as orders, coalesce(sum(o.total), 0) as total, max(o.at) as last_order
      from ${known} c left join ${orders} o on o.customer = c.id
      group by all`;
    return { summary };
  },

  validate: {
    summary: [
      expect.unique('id'),
      expect.matches('domain', /[a-z0-9.-]+\.[a-z]+/),
      expect.foreignKey('id', source.postgres({ connection: shop, table: 'customers' }), 'id'),
      expect.rowCount({ min: 1 }),
    ],
  },
  onReject: quarantine('out/rejects'),

  load: { summary: sink.postgres('customer_summary', { mode: 'merge', key: ['id'] }) },
});

const summaryColumns = {
  id: 'bigint',
  name: 'varchar',
  domain: 'varchar',
  orders: 'bigint',
  total: 'decimal(38,2)',
  last_order: 'timestamp',
} as const;

function domainOf(email: string | null): string | null {
  return email?.split('@').at(-1)?.toLowerCase() ?? null;
}
