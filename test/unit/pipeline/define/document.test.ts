import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Resolver } from '../../../../client/dataset/draft.ts';
import { documentOf } from '../../../../pipeline/define/document.ts';
import {
  connectorSink,
  connectorSource,
  expect,
  type Pipeline,
  pipeline,
  quarantine,
  secret,
} from '../../../../pipeline/index.ts';
import { nodesOf } from '../../../../shared/plan/walk.ts';

const orders = connectorSource<{ id: 'bigint'; status: 'integer' }>('test', { url: secret('ORDERS') });
const people = connectorSource<{ id: 'bigint'; name: 'varchar' }>(
  'test',
  { people: true },
  { incremental: true, cursorColumn: 'id' },
);
const table = connectorSink('table', { table: 't' });
const resolver: Resolver = {
  uploadDataset: () => Promise.reject(new Error('nothing is uploaded')),
  bundleFunction: ({ params }) => Promise.resolve({ sha256: 'f'.repeat(64), name: 'fn', async: false, params }),
};
const define = (definition: Pipeline) => documentOf(definition, resolver);

describe('a definition as a document', () => {
  test('loads its only source where nothing is transformed', async () => {
    const document = await define(pipeline('plain', { schedule: '0 6 * * *', extract: orders, load: table }));
    assert.deepEqual(document.schedule, { cron: '0 6 * * *', timeZone: 'UTC', overlap: 'skip', catchUp: 'last' });
    assert.deepEqual(document.onReject, { action: 'fail' });
    assert.deepEqual(document.retry, { attempts: 3, firstDelayMs: 10_000, delayMsMax: 600_000 });
    const extract = { kind: 'extract', connector: 'test', options: { url: { $secret: 'ORDERS' } }, provenance: true };
    assert.deepEqual(document.sources, { extract: { node: extract, incremental: false } });
    assert.deepEqual(document.outputs, [
      {
        name: 'load',
        plan: { kind: 'step', name: 'source extract', input: extract },
        rules: [],
        sink: { connector: 'table', options: { table: 't' }, single: false },
      },
    ]);
  });

  test('gives functions of SQL, of rows and of rules their params, and the packages that stay on the workers', async () => {
    const asked: unknown[] = [];
    const definition = pipeline('scored', {
      extract: orders,
      transform: ({ extract, fn, sql }) => {
        const options = { params: { by: 2 }, packages: ['native'] };
        const times = fn('times', ({ n }, { by }) => (n ?? 0) * by, {
          args: { n: 'integer' },
          returns: 'integer',
          ...options,
        });
        return sql`select ${times}(status) as status from ${extract.filter((row) => row.status !== 0, { packages: ['other'] })}`;
      },
      validate: [expect.check('likely', { status: 'integer' }, ({ status }) => status !== 7, { packages: ['model'] })],
      load: table,
    });
    const bundleFunction: Resolver['bundleFunction'] = (local) => {
      asked.push([local.params, local.packages]);
      return resolver.bundleFunction(local);
    };
    await documentOf(definition, { ...resolver, bundleFunction });
    assert.deepEqual(
      new Set(asked),
      new Set([
        [{ by: 2 }, ['native']],
        [undefined, ['other']],
        [undefined, ['model']],
      ]),
    );
  });

  test('is the same version for the same definition, and another for another', async () => {
    const versions = await Promise.all(
      [1, 1, 2].map((min) =>
        define(pipeline('p', { extract: orders, validate: [expect.rowCount({ min })], load: table })),
      ),
    );
    const [first, second, other] = versions.map(({ version }) => version);
    assert.equal(first, second);
    assert.notEqual(first, other);
  });

  test('computes what two relations read once', async () => {
    const document = await define(
      pipeline('shared', {
        extract: { orders, people },
        transform: ({ orders, people, sql }) => {
          const known = sql`select id, status from ${orders} join ${people} using (id)`;
          return { all: known, counted: sql`select status, count(*) as n from ${known} group by status` };
        },
        load: { all: table, counted: table },
      }),
    );
    const steps = document.outputs.map(({ plan }) =>
      [...nodesOf(plan)].flatMap((node) => (node.kind === 'step' ? [node.name] : [])),
    );
    assert.deepEqual(steps, [
      ['step 1', 'source orders', 'source people'],
      ['step 1', 'source orders', 'source people'],
    ]);
  });

  test('bundles its functions', async () => {
    const document = await define(
      pipeline('mapped', {
        extract: people,
        transform: ({ extract }) =>
          extract.map(({ id }, { by }) => ({ id: (id ?? 0n) * BigInt(by) }), {
            schema: { id: 'bigint' },
            params: { by: 2 },
          }),
        load: table,
      }),
    );
    const [output] = document.outputs;
    assert.equal(output?.plan.kind, 'call');
    assert.deepEqual(document.sources.extract?.cursorColumn, 'id');
  });

  const refused = [
    [
      'a relation that is not made',
      () => pipeline('p', { extract: orders, load: { bad: table } as never }),
      /names bad, which `transform` does not make/,
    ],
    [
      'two rules of one name',
      () => pipeline('p', { extract: orders, validate: [expect.notNull('id'), expect.notNull('id')], load: table }),
      /Two rules of load are called notNull\(id\)/,
    ],
  ] as const;
  for (const [what, make, message] of refused) {
    test(`refuses ${what}`, async () => {
      await assert.rejects(define(make()), { code: 'PIPELINE_INVALID', message });
    });
  }

  test('refuses names that are none, and secrets that are values', () => {
    assert.throws(() => pipeline('a b', { extract: orders, load: table }), { code: 'PIPELINE_INVALID' });
    assert.throws(() => secret('postgres://me:pw@host/db'), { code: 'PIPELINE_INVALID' });
    assert.throws(() => quarantine('/x', {}) && expect.freshness('status' as never, '2 weeks' as never), {
      code: 'PIPELINE_INVALID',
    });
  });
});
