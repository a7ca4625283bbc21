/** Tables and views over real etcd and processes: every client sees them, and they outlive their coordinator. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { count } from '../../../client/index.ts';
import { smallTasks, withCluster } from '../../support/cluster/cluster.ts';
import { duckdbAnswer, flightsFile } from '../../support/duckdb-answer.ts';
import { CommandLine } from '../../support/processes/command-line.ts';
import { startEtcd, type TestEtcd } from '../../support/servers/etcd.ts';

let etcd: TestEtcd;
before(async () => {
  etcd = await startEtcd();
});
after(() => etcd.stop());

const options = (name: string) => ({ etcd: etcd.endpoint, name, shared: true, config: smallTasks });

test('tables and views are there for every client, and for the next leader', async () => {
  await withCluster(options('catalog-failover'), async (cluster, first) => {
    await first.createTable('flights', first.read.parquet(flightsFile));
    await first.createView('late', 'select origin, delay from flights where delay > 100');
    const byOrigin = first.table('late').groupBy('origin').agg({ n: count() });
    await first.createTable('Late by origin', byOrigin, { path: join(cluster.folder, 'late') });
    await first.createView('worst', first.sql`from ${byOrigin} order by n desc, origin limit 3`);

    await cluster.addCoordinator().address;
    const other = await cluster.connectToAll();
    await cluster.coordinator.kill();

    const question = `select w.origin, w.n::int as n, l.n::int as of_table
      from worst w join "late BY origin" l using (origin) order by w.n desc, w.origin`;
    const expected = duckdbAnswer(`select origin, count(*)::int as n, count(*)::int as of_table from '${flightsFile}'
      where delay > 100 group by origin order by n desc, origin limit 3`);
    assert.deepEqual(await Array.fromAsync(other.sql(question).rows()), expected);
    assert.deepEqual(
      (await other.tables()).map(({ name, kind }) => [name, kind]),
      [
        ['flights', 'table'],
        ['late', 'view'],
        ['Late by origin', 'table'],
        ['worst', 'view'],
      ],
    );
    await assert.rejects(other.sql('from lat').count(), { code: 'TABLE_UNKNOWN', next: /Did you mean.*"late"/ });
    await assert.rejects(other.sql('select dealy from flights').count(), { code: 'COLUMN_UNKNOWN', next: /"delay"/ });
    await assert.rejects(other.dropTable('late'), { code: 'TABLE_UNKNOWN', message: /is a view/ });
    await assert.rejects(other.createView('late', 'select * from worst, late'), { code: 'DESTINATION_EXISTS' });
    await assert.rejects(other.createView('late', 'select * from worst', { replace: true }), /would read itself/);
    assert.equal(await other.dropView('late'), true);
    assert.equal(await other.dropView('late', { ifExists: true }), false);
    await assert.rejects(other.sql('from late').count(), { code: 'TABLE_UNKNOWN' });
  });
});

test('functions that SQL calls run on workers of their own, also in a view of a leader that is gone', async () => {
  await withCluster(options('catalog-functions'), async (cluster, first) => {
    first.fn('delay_kind', ({ delay }) => (delay === null ? 'none' : delay > 100 ? 'late' : 'soon'), {
      args: { delay: 'double' },
      returns: 'varchar',
    });
    first.aggregate(
      'worst_of',
      () => ({
        init: () => null as number | null,
        accumulate: (worst, { delay }) => (delay === null ? worst : Math.max(worst ?? delay, delay)),
        merge: (a, b) => (a === null || b === null ? (a ?? b) : Math.max(a, b)),
        finish: (worst) => worst,
      }),
      { args: { delay: 'double' }, returns: 'double' },
    );
    await first.createView(
      'kinds',
      `select delay_kind(delay) as kind, count(*)::int as n, worst_of(delay)::int as worst from '${flightsFile}' group by all`,
    );
    await cluster.addCoordinator().address;
    const other = await cluster.connectToAll();
    await cluster.coordinator.kill();
    const expected =
      duckdbAnswer(`select case when delay is null then 'none' when delay > 100 then 'late' else 'soon' end as kind,
      count(*)::int as n, max(delay)::int as worst from '${flightsFile}' group by all order by kind`);
    assert.deepEqual(await Array.fromAsync(other.sql('from kinds order by kind').rows()), expected);
  });
});

test('rows of this process become a table only where they are written', async () => {
  await withCluster(options('catalog-own-rows'), async (cluster, client) => {
    const own = client.from([{ code: 'BOS', city: 'Boston' }]);
    await assert.rejects(client.createTable('airports', own), { code: 'PLAN_INVALID', next: /\{ path \}/ });
    await assert.rejects(client.createView('airports', own), {
      code: 'PLAN_INVALID',
      message: /only this client holds/,
    });
    await client.createTable('airports', own, { path: join(cluster.folder, 'airports') });
    assert.deepEqual(await Array.fromAsync(client.table('airports').rows()), [{ code: 'BOS', city: 'Boston' }]);
    await assert.rejects(
      client.createTable('bad.name', client.table('airports'), { path: join(cluster.folder, 'bad') }),
      {
        code: 'PLAN_INVALID',
      },
    );
  });
});

test('the command line makes, lists, reads and drops them', async () => {
  await using place = new CommandLine();
  await withCluster(options('catalog-cli'), async (cluster) => {
    const at = ['--cluster', await cluster.coordinator.address];
    const sheaf = async (...args: string[]) => {
      const { code, stdout, stderr } = await place.run(...args, ...at);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    await sheaf('sql', `create view late as from '${flightsFile}' where delay > $least`, '--param', 'least=100');
    await sheaf(
      'sql',
      'create table small as select origin, count(*)::int as n from late group by all',
      '--path',
      join(cluster.folder, 's'),
    );
    const [row] = JSON.parse(await sheaf('sql', 'select sum(n)::int as n from small', '--json')) as { n: number }[];
    assert.equal(row?.n, duckdbAnswer(`select count(*)::int as n from '${flightsFile}' where delay > 100`)[0]?.n);
    assert.match(await sheaf('tables'), /name +kind .*\nlate +view .*\nsmall +table /);
    await sheaf('sql', 'drop view late');
    const tables = JSON.parse(await sheaf('tables', '--json')) as { name: string; schema: unknown }[];
    assert.deepEqual(
      tables.map(({ name, schema }) => [name, schema]),
      [
        [
          'small',
          [
            { name: 'origin', type: 'VARCHAR' },
            { name: 'n', type: 'INTEGER' },
          ],
        ],
      ],
    );
    const { code, stderr } = await place.run('sql', 'create table t as select 1', ...at);
    assert.deepEqual([code, /--path/.test(stderr)], [2, true]);
  });
});
