import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CommandLine } from '../../support/processes/command-line.ts';
import { startPostgres } from '../../support/servers/postgres.ts';

const path = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));

const shop = `
  create table customers (id bigint primary key, name text, email text);
  insert into customers select i, 'c' || i, case when i % 10 = 0 then 'nobody' else 'c' || i || '@Shop' || i % 3 || '.example' end from generate_series(1, 1000) i;
  create table orders (id bigint primary key, customer bigint, total numeric(12,2), at timestamp);
  insert into orders select i, 1 + i % 700, (i % 5000) / 100.0, timestamp '2026-01-01' + i * interval '1 minute' from generate_series(1, 20000) i`;

test('a database into another: a summary by SQL and TypeScript, validated, kept up to date by a merge', async () => {
  await using place = new CommandLine();
  await using from = await startPostgres();
  await using to = await startPostgres();
  for (const statement of shop.split(';')) await from.query(statement);
  const work = join(place.folder, 'work');
  mkdirSync(work);
  const env = { SHEAF_SECRET_SHOP_URL: from.url, SHEAF_SECRET_POSTGRES_URL: to.url };
  const run = async () => {
    const { stdout, stderr, code } = await place.start(['run', path('examples/pipelines/customers.ts')], work, env)
      .ended;
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await run();
  const summary = `select count(*)::int as n, sum(orders)::int as orders, sum(total)::text as total, min(domain) as domain from customer_summary`;
  const expected = `select count(*)::int as n, sum(orders)::int as orders, sum(total)::text as total, min(domain) as domain from (
    select c.id, lower(split_part(c.email, '@', 2)) as domain, count(o.id) as orders, coalesce(sum(o.total), 0) as total from customers c left join orders o on o.customer = c.id
    where c.email like '%@%' group by c.id, c.email) t`;
  assert.deepEqual(await to.query(summary), await from.query(expected));

  await from.query(`insert into orders values (90001, 1, 1000, '2027-01-01')`);
  await from.query(`insert into customers values (2001, 'new', 'new@shop.example')`);
  await run();
  assert.deepEqual(await to.query(summary), await from.query(expected));
  const [first] = await to.query('select last_order::text as last from customer_summary where id = 1');
  assert.deepEqual(first, { last: '2027-01-01 00:00:00' });
});

test('rows that a program holds are a source, too; a schedule cannot have them', async () => {
  await using place = new CommandLine();
  await using postgres = await startPostgres();
  const work = join(place.folder, 'work');
  mkdirSync(work);
  const file = join(work, 'sensors.ts');
  const definition = (more: string) => `import { pipeline, sink, source } from '${path('client/index.ts')}';
    async function* readings() {
      for (let i = 0; i < 50_000; i++) yield { id: BigInt(i), celsius: i / 100 };
    }
    export default pipeline('sensors', { ${more}
      extract: source.rows(readings(), { schema: { id: 'bigint', celsius: 'double' } }),
      load: sink.postgres('readings') });`;
  writeFileSync(file, definition(''));
  const env = { SHEAF_SECRET_POSTGRES_URL: postgres.url };
  const { stderr, code } = await place.start(['run', file], work, env).ended;
  assert.equal(code, 0, stderr);
  const [loaded] = await postgres.query('select count(*)::int as n, sum(id)::text as ids from readings');
  assert.deepEqual(loaded, { n: 50_000, ids: '1249975000' });

  writeFileSync(file, definition(`schedule: '* * * * *',`));
  const refused = await place.start(['run', file], work, env).ended;
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /rows of this program, which no schedule can read/);
});
