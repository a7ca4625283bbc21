import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { StagedPlan } from '../../../../coordinator/planner/stages/staged-plan.ts';
import type { CompiledRun, CountRow } from '../../../../pipeline/compile/compiled.ts';
import { compile } from '../../../../pipeline/compile/load-plan.ts';
import { documentOf } from '../../../../pipeline/define/document.ts';
import {
  connectorSink,
  connectorSource,
  drop,
  expect,
  type Pipeline,
  pipeline,
  quarantine,
  warn,
} from '../../../../pipeline/index.ts';
import type { Json } from '../../../../shared/json.ts';
import { parseJobRequest } from '../../../../shared/plan/validate.ts';
import { extractKey, extractsOf } from '../../../../shared/plan/walk.ts';
import { runLocally } from '../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

/** Twelve requests in three pieces; the last of each piece could not be read. */
const requestsSchema = { id: 'BIGINT', host: 'VARCHAR', status: 'INTEGER', at: 'TIMESTAMP' } as const;
const requests = connectorSource<typeof requestsSchema>('requests', {}, { cursorColumn: 'at', incremental: true });
const hostsSchema = { name: 'VARCHAR', owner: 'VARCHAR' } as const;
const hosts = connectorSource<typeof hostsSchema>('hosts', {});
const table = connectorSink('table', { table: 't' });

const pieces: Readonly<Record<string, readonly string[]>> = {
  requests: [0, 4, 8].map(
    (
      from,
    ) => `SELECT CASE WHEN i % 4 = 3 THEN NULL ELSE i // 2 END AS id, CASE WHEN i = 5 THEN NULL ELSE 'h' || i % 3 END AS host,
      (200 + 150 * (i % 4))::INTEGER AS status, TIMESTAMP '2026-01-01' + INTERVAL (i) HOUR AS at,
      'part ${from}' AS _source, i - ${from} + 1 AS _position, CASE WHEN i % 4 = 3 THEN 'no id' END AS _rejected,
      CASE WHEN i % 4 = 3 THEN 'line ' || i END AS _raw FROM range(${from}, ${from + 4}) AS t(i)`,
  ),
  hosts: [
    `SELECT * FROM (VALUES ('h0', 'ann', NULL, NULL, NULL, NULL), ('h1', 'bob', NULL, NULL, NULL, NULL)) AS t(name, owner, _source, _position, _rejected, _raw)`,
  ],
};
const schemas = { requests: requestsSchema, hosts: hostsSchema };

const run = { run: 'run-1', startedMs: Date.UTC(2026, 0, 2), params: {}, cursors: {} };

async function compiled(
  definition: Pipeline,
  input: Partial<typeof run> & { readonly params?: Readonly<Record<string, Json>> } = {},
) {
  const document = await documentOf(definition, {
    uploadDataset: () => Promise.reject(new Error('nothing is uploaded')),
    bundleFunction: () => Promise.reject(new Error('nothing is bundled')),
  });
  return compile({ document, ...run, ...input });
}

function planned({ plan }: CompiledRun): StagedPlan {
  parseJobRequest(JSON.stringify({ plan, name: 'n', priority: 0 }));
  const extracts = Object.fromEntries(
    extractsOf(plan).map((node) => {
      const texts = pieces[node.connector] ?? [];
      const schema = Object.entries(schemas[node.connector as 'requests']).map(([name, type]) => ({ name, type }));
      return [
        extractKey(node),
        { schema, pieces: texts.map((piece) => ({ piece, rows: 4, bytes: 100 })), deterministic: true },
      ];
    }),
  );
  return bench.plan(plan, { ...bench.context(plan), extracts });
}

/** Rows that came to each output, by its name. */
function loaded(run: CompiledRun): Readonly<Record<string, readonly Readonly<Record<string, Json>>[]>> {
  const receipts = runLocally(planned(run), bench.connection, { directory: bench.directory });
  const outputs: Record<string, Readonly<Record<string, Json>>[]> = {};
  for (const { output, receipt } of bench.connection.rows(`SELECT output, receipt FROM ${receipts}`)) {
    const { detail } = JSON.parse(String(receipt)) as {
      readonly detail: readonly Readonly<Record<string, Json>>[] | null;
    };
    outputs[String(output)] = [...(outputs[String(output)] ?? []), ...(detail ?? [])];
  }
  return outputs;
}

const countsOf = (rows: readonly unknown[] = []): Readonly<Record<string, readonly unknown[]>> =>
  Object.fromEntries(
    (rows as readonly CountRow[]).map(({ about, name, rows, rejected, found }) => [
      `${about} ${name}`,
      [Number(rows), Number(rejected), found],
    ]),
  );

describe('a run as a plan', () => {
  test('loads what can be read, and counts what cannot', async () => {
    const outputs = loaded(await compiled(pipeline('p', { extract: requests, onReject: drop(), load: table })));
    assert.equal(outputs.load?.length, 9);
    assert.deepEqual(Object.keys(outputs.load?.[0] ?? {}), ['id', 'host', 'status', 'at']);
    assert.deepEqual(countsOf(outputs['counts of load']), {
      'source extract': [12, 3, '2026-01-01 11:00:00'],
      'output load': [9, 0, null],
    });
  });

  test('judges rows by rules, and keeps the rejected ones with their place and reason', async () => {
    const outputs = loaded(
      await compiled(
        pipeline('p', {
          extract: { requests, hosts },
          transform: ({ requests, sql }) => ({ good: sql`select id, host, status + 0 as status from ${requests}` }),
          validate: {
            good: [
              expect.unique('id' as never),
              expect.foreignKey('host' as never, hosts, 'name'),
              expect.notNull('host' as never),
              expect.between('status' as never, 100, 499),
              expect.rowCount({ min: 1 }),
              expect.dataset('few', 'count(*) < 5'),
            ],
          },
          onReject: quarantine('/tmp/q'),
          load: { good: table },
        }),
      ),
    );
    // Of ids 0 0 1 2 2 3 4 4 5: the second of each pair goes; status 500 is of i = 2, 6, 10; host is null for i = 5; h2
    // is unknown.
    const rejects = (outputs['rejects of good'] ?? []).map(
      ({ stage, rule, source, position }) => `${stage} ${rule} ${source} ${position}`,
    );
    assert.deepEqual(
      rejects.toSorted(),
      [
        'extract malformed part 0 4',
        'extract malformed part 4 4',
        'extract malformed part 8 4',
        'validate between(status) part 0 3',
        'validate between(status) part 4 3',
        'validate between(status) part 8 3',
        'validate foreignKey(host) part 8 1',
        'validate notNull(host) part 4 2',
        'validate unique(id) part 0 2',
        'validate unique(id) part 8 2',
      ].toSorted(),
    );
    const unique = outputs['rejects of good']?.find(
      ({ rule, position, source }) => rule === 'unique(id)' && source === 'part 0' && position === 2,
    );
    assert.equal(unique?.reason, 'id = 0 is there already');
    assert.deepEqual(JSON.parse(String(unique?.row)), { id: 0, host: 'h1', status: 350 });
    const range = outputs['rejects of good']?.find(({ rule }) => rule === 'between(status)');
    assert.equal(range?.reason, 'status = 500 is not between 100 and 499');
    assert.deepEqual(outputs.good?.map(({ id }) => Number(id)).toSorted(), [0, 2]);
    const counts = countsOf(outputs['counts of good']);
    assert.deepEqual(counts['output good'], [9, 7, null]);
    assert.deepEqual(counts['rule unique(id)'], [9, 2, null]);
    assert.deepEqual(counts['rule few'], [2, 0, 'true']);
  });

  test('checks several keys, each by itself', async () => {
    const outputs = loaded(
      await compiled(
        pipeline('p', {
          extract: { requests, hosts },
          transform: ({ requests, sql }) => ({ good: sql`select id, host, host as other from ${requests}` }),
          validate: {
            good: [
              expect.unique('id' as never),
              expect.unique('host' as never, 'id' as never),
              expect.foreignKey('host' as never, hosts, 'name'),
              expect.foreignKey('other' as never, hosts, 'name'),
            ],
          },
          onReject: drop(),
          load: { good: table },
        }),
      ),
    );
    const counts = countsOf(outputs['counts of good']);
    assert.deepEqual(counts['rule unique(id)'], [9, 3, null]);
    assert.deepEqual(
      [counts['rule unique(host, id)'], counts['rule foreignKey(other)']],
      [
        [9, 0, null],
        [9, 0, null],
      ],
    );
    assert.equal(Number((counts['rule foreignKey(host)'] ?? [])[1]) > 0, true);
  });

  test('loads what breaks a rule if it is only to warn', async () => {
    const outputs = loaded(
      await compiled(
        pipeline('p', { extract: requests, validate: [expect.notNull('host')], onReject: warn(), load: table }),
      ),
    );
    assert.equal(outputs.load?.length, 9);
    assert.deepEqual(countsOf(outputs['counts of load'])['rule notNull(host)'], [9, 1, null]);
  });

  test('tells how new its rows are', async () => {
    const outputs = loaded(
      await compiled(
        pipeline('p', { extract: requests, validate: [expect.freshness('at', '1h')], onReject: drop(), load: table }),
      ),
    );
    assert.deepEqual(countsOf(outputs['counts of load'])['rule freshness(at)'], [9, 0, '2026-01-01T10:00:00.000Z']);
  });

  test('has no place for rows of an aggregate', async () => {
    const outputs = loaded(
      await compiled(
        pipeline('p', {
          extract: requests,
          transform: ({ extract, sql }) => sql`select host, count(*) as n from ${extract} group by host`,
          validate: [expect.row('many', 'n > 2')],
          onReject: quarantine('/tmp/q'),
          load: table,
        }),
      ),
    );
    const [reject] = (outputs['rejects of load'] ?? []).filter(({ stage }) => stage === 'validate');
    assert.deepEqual([reject?.rule, reject?.source, reject?.position], ['many', null, null]);
  });

  test('has its values in SQL', async () => {
    const definition = pipeline('p', {
      params: { least: 'integer', most: { type: 'integer', value: 500 } },
      extract: requests,
      transform: ({ extract, sql, params }) =>
        sql`select id, ${params.run_id} as run from ${extract} where status between ${params.least} and ${params.most}`,
      onReject: drop(),
      load: table,
    });
    const outputs = loaded(await compiled(definition, { params: { least: 350 } }));
    assert.deepEqual([outputs.load?.length, outputs.load?.[0]?.run], [6, 'run-1']);
    await assert.rejects(compiled(definition), { code: 'PIPELINE_INVALID', message: /needs a value of least/ });
    await assert.rejects(compiled(definition, { params: { least: 1, mots: 2 } }), { next: /most/ });
  });

  test('names the rule whose column is not there', async () => {
    const definition = pipeline('p', { extract: requests, validate: [expect.notNull('hots' as 'host')], load: table });
    const made = await compiled(definition);
    assert.throws(() => planned(made), { code: 'COLUMN_UNKNOWN', message: /hots.*notNull\(hots\)/, next: /host/ });
  });
});
