import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Catalog } from '../../../../coordinator/catalog/catalog.ts';
import { expand } from '../../../../coordinator/catalog/expand.ts';
import { loadConfig, type SettingName } from '../../../../shared/config/config.ts';
import { SheafError } from '../../../../shared/errors.ts';
import { createLogger } from '../../../../shared/log.ts';
import type { CatalogEntry } from '../../../../shared/plan/catalog.ts';
import type { PlanNode } from '../../../../shared/plan/node.ts';
import { EmbeddedStore } from '../../../../shared/store/embedded.ts';
import { keysOf } from '../../../../shared/store/keys.ts';

const files = (path: string): PlanNode => ({ kind: 'scan', format: 'parquet', paths: [path], options: {} });
const sql = (text: string): PlanNode => ({ kind: 'sql', text });
const schema = [{ name: 'x', type: 'BIGINT' }];

/** As the planner: a table that came with no plan is not known. */
async function describe(plan: PlanNode): Promise<typeof schema> {
  if (plan.kind !== 'sql') return schema;
  const [, table = ''] = /from (\w+)/.exec(plan.text) ?? [];
  const found = plan.relations?.find(({ name }) => name.toLowerCase() === table.toLowerCase());
  if (found === undefined)
    throw new SheafError('TABLE_UNKNOWN', `There is no table "${table}"`, { details: { table } });
  return describe(found.plan);
}

interface World {
  readonly catalog: Catalog;
  /** What another leader would find. */
  readonly next: () => Promise<Catalog>;
}

function world(limits: Partial<Record<SettingName, number>> = {}, leads = () => true): World {
  const config = loadConfig({}, limits);
  const store = new EmbeddedStore(config);
  const log = createLogger({ name: 'test', level: 'silent' });
  const make = () =>
    new Catalog({
      store,
      leadership: {
        write: async (operations) => {
          if (!leads()) throw new SheafError('NOT_LEADER', 'another leads');
          return (await store.transact([], operations)).revision;
        },
      },
      keys: keysOf('test'),
      describe,
      config,
      log,
    });
  const next = async () => {
    const catalog = make();
    await catalog.load();
    return catalog;
  };
  return { catalog: make(), next };
}

const put = (name: string, plan: PlanNode, more: object = {}) => ({
  name,
  kind: plan.kind === 'scan' ? ('table' as const) : ('view' as const),
  plan,
  replace: false,
  key: `the call that makes ${name}`,
  ...more,
});

const names = (catalog: Catalog) => catalog.list().map(({ name }) => name);

test('what was made is found by the next leader, with its columns', async () => {
  const { catalog, next } = world();
  await catalog.put(put('Flights', files('/data/*.parquet')));
  await catalog.put(put('late', sql('select x from flights')));
  const later = await next();
  assert.deepEqual(names(later), ['Flights', 'late']);
  assert.deepEqual(later.list()[0]?.plan, { ...files('/data/*.parquet'), options: { schema } });
  const [, view] = later.list();
  await later.drop({ name: 'LATE', key: view?.key ?? '' });
  assert.deepEqual(names(await next()), ['Flights']);
});

test('who leads no more changes nothing', async () => {
  let leads = true;
  const { catalog, next } = world({}, () => leads);
  const entry = await catalog.put(put('t', files('/a')));
  leads = false;
  await assert.rejects(catalog.put(put('u', files('/b'))), { code: 'NOT_LEADER' });
  await assert.rejects(catalog.drop({ name: 't', key: entry.key }), { code: 'NOT_LEADER' });
  assert.deepEqual(names(catalog), ['t']);
  assert.deepEqual(names(await next()), ['t']);
});

test('a name is taken once, whatever its case, unless it is replaced; the same call is made once', async () => {
  const { catalog } = world();
  const entry = await catalog.put(put('t', files('/a')));
  await assert.rejects(catalog.put(put('T', files('/b'), { key: 'another call of it' })), {
    code: 'DESTINATION_EXISTS',
  });
  assert.equal(await catalog.put(put('t', files('/a'))), entry);
  await catalog.put(put('T', files('/b'), { key: 'another call of it', replace: true }));
  assert.deepEqual(names(catalog), ['T']);
  await catalog.drop({ name: 't', key: entry.key }); // It is another by now.
  assert.deepEqual(names(catalog), ['T']);
});

test('concurrent calls take their turn', async () => {
  const { catalog } = world();
  const made = await Promise.allSettled(
    ['one', 'two'].map((key) => catalog.put(put('t', files(`/${key}`), { key: `the call ${key}, of many` }))),
  );
  assert.deepEqual(
    made.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
});

test('a view that would read itself is refused by name, by way of others too', async () => {
  const { catalog } = world();
  await assert.rejects(catalog.put(put('a', sql('select x from a'))), /"a" would read itself: a → a/);
  await catalog.put(put('a', files('/a')));
  await catalog.put(put('b', sql('select x from a')));
  await catalog.put(put('c', sql('select x from b')));
  const cycle = catalog.put(put('a', sql('select x from c'), { replace: true, key: 'the other call for a' }));
  await assert.rejects(cycle, { code: 'PLAN_INVALID', message: 'The view "a" would read itself: a → c → b → a' });
  // A word that is no table is no cycle.
  await catalog.put(put('b', sql('select b from a'), { replace: true, key: 'the other call for b' }));
});

test('limits: of entries, and of the size of one', async () => {
  const { catalog } = world({ catalogEntriesMax: 1, catalogEntryBytesMax: 1024 });
  await assert.rejects(catalog.put(put('big', files(`/${'x'.repeat(2000)}`))), { code: 'QUOTA_EXCEEDED' });
  const entry = await catalog.put(put('t', files('/a')));
  await assert.rejects(catalog.put(put('u', files('/b'))), /1 tables and views already/);
  await catalog.drop(entry);
  await catalog.put(put('u', files('/b')));
});

test('rows of one client, and a table that is no files, are refused', async () => {
  const { catalog } = world();
  const held: PlanNode = { kind: 'limit', input: { kind: 'dataset', id: 'd', schema }, limit: 1, offset: 0 };
  await assert.rejects(catalog.put(put('t', held)), { code: 'PLAN_INVALID', message: /only this client holds/ });
  await assert.rejects(catalog.put(put('t', sql('select x from u'), { kind: 'table' })), /not be of files/);
});

test('an unknown table suggests names of the catalog', async () => {
  const { catalog } = world();
  await catalog.put(put('flights', files('/a')));
  await assert.rejects(catalog.put(put('v', sql('select x from flihgts'))), { next: /Did you mean "flights"/ });
});

const entry = (name: string, plan: PlanNode): [string, CatalogEntry] => [
  name,
  { name, kind: 'view', plan, schema, createdMs: 0, key: '' },
];

test('a plan takes with it what its SQL may name, and nothing else', () => {
  const entries = new Map([
    entry('a', files('/a')),
    entry('b', sql('from a where s = "unused"')),
    entry('unused', files('/u')),
    entry('text', files('/t')),
    entry('my t', files('/m')),
  ]);
  const { plan } = expand(
    { kind: 'limit', input: sql(`from B, "my t" where x = 'text' -- text`), limit: 1, offset: 0 },
    entries,
  );
  const b = {
    ...sql('from a where s = "unused"'),
    relations: [
      { name: 'a', plan: files('/a') },
      { name: 'unused', plan: files('/u') },
    ],
  };
  assert.deepEqual(plan, {
    kind: 'limit',
    input: {
      ...sql(`from B, "my t" where x = 'text' -- text`),
      relations: [
        { name: 'b', plan: b },
        { name: 'my t', plan: files('/m') },
      ],
    },
    limit: 1,
    offset: 0,
  });
  const own: PlanNode = { kind: 'sql', text: 'from a', relations: [{ name: 'A', plan: files('/own') }] };
  assert.deepEqual(expand(own, entries).plan, own);
});
