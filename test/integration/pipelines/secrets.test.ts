import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectorSink, pipeline, quarantine, secret, sink, source } from '../../../pipeline/index.ts';
import { filesBelow, PipelineLab } from '../../support/pipelines/pipeline-lab.ts';
import { CommandLine } from '../../support/processes/command-line.ts';
import { startApi, type TestApi } from '../../support/servers/hostile-api.ts';

/** Whatever happens to a pipeline with secrets: none of their values stands in anything that was written. */
let lab: PipelineLab;
let api: TestApi;
before(async () => {
  lab = await PipelineLab.start();
  // An API that repeats what it was told, in answers and in refusals.
  api = await startApi((asked, _, response) => {
    if (asked.url.pathname === '/token') return { access_token: values.API_ISSUED, expires_in: 600 };
    const echo = { said: asked.headers.authorization ?? asked.headers['x-key'] ?? asked.url.search };
    if (asked.url.pathname === '/refuses') return void response.writeHead(403).end(JSON.stringify(echo));
    if (asked.url.pathname === '/breaks') return void response.writeHead(500).end(JSON.stringify(echo));
    return {
      items: [
        { id: 1, n: 1 },
        { id: 2, n: 'bad' },
      ],
    };
  });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
});

/** With letters that URLs, JSON and headers write otherwise. */
const values = {
  API_TOKEN: 'bearer-9f83%"value',
  API_KEY: 'k3y&/with=odd letters',
  API_SECRET: 'client-secret-5512',
  API_ISSUED: 'issued-token-77831',
  HOOK: 'hook-part-60017',
};

/** A value as it stands in text, and in what text is wrapped in. */
function disguises(value: string): string[] {
  const forms = [value, encodeURIComponent(value), new URLSearchParams({ v: value }).toString().slice(2)];
  const wrapped = forms.flatMap((form) => [form, JSON.stringify(form).slice(1, -1)]);
  return [...new Set([...wrapped, Buffer.from(value).toString('base64').replace(/=+$/, '')])];
}

/** Of everything that was written, what holds a secret. */
function leaks(written: ReadonlyMap<string, Buffer>): string[] {
  const url = new URL(lab.postgres.url);
  const sent = { BASIC: btoa(`someone:${values.API_SECRET}`), CLIENT: btoa(`us:${values.API_SECRET}`) };
  const secrets = {
    ...values,
    ...sent,
    POSTGRES_PASSWORD: lab.postgres.password,
    POSTGRES_URL: lab.postgres.url,
    ENCODED: url.password,
  };
  const sought = [...Object.entries(secrets), ['S3', lab.s3.options.secretAccessKey ?? '']] as [string, string][];
  return [...written].flatMap(([where, bytes]) =>
    sought.flatMap(([name, value]) => {
      const found = disguises(value).find((form) => bytes.includes(form));
      if (found === undefined) return [];
      const at = bytes.indexOf(found);
      return [`${name} in ${where}: …${bytes.subarray(Math.max(0, at - 80), at + found.length + 20)}…`];
    }),
  );
}

const secretEnvironment = () => ({
  SHEAF_SECRET_API_TOKEN: values.API_TOKEN,
  SHEAF_SECRET_API_KEY: values.API_KEY,
  SHEAF_SECRET_API_SECRET: values.API_SECRET,
  SHEAF_SECRET_HOOK: `${api.url}/breaks?${values.HOOK}`,
  SHEAF_SECRET_WRONG_URL: lab.postgres.url.replace('/postgres', '/nowhere').replace(/\/postgres$/, '/nowhere'),
});

const auths = {
  bearer: { kind: 'bearer', token: secret('API_TOKEN') },
  apiKey: { kind: 'apiKey', key: secret('API_KEY'), header: 'X-Key' },
  query: { kind: 'apiKey', key: secret('API_KEY'), query: 'key' },
  basic: { kind: 'basic', user: 'someone', password: secret('API_SECRET') },
} as const;

const retry = { attempts: 2, firstDelay: '20ms' } as const;

test('runs that succeed, are refused and break, on a cluster: nothing tells a secret', async () => {
  await using cluster = await lab.cluster(0, { env: secretEnvironment(), config: { restAttemptsMax: 2 } });
  const client = await cluster.connectToLeader();
  const told: unknown[] = [];
  const run = async (given: Parameters<typeof client.pipelines.run>[0]) => {
    const info = await client.pipelines.run(given, { onProgress: (progress) => told.push(progress) });
    told.push(info, await client.pipelines.runInfo(info.id));
    return info.life.state;
  };
  const rejects = join(cluster.folder, 'rejects');
  const schema = { id: 'bigint', n: 'bigint' } as const;
  const oauth = {
    kind: 'oauth2',
    tokenUrl: `${api.url}/token`,
    clientId: 'us',
    clientSecret: secret('API_SECRET'),
  } as const;
  for (const [name, auth] of Object.entries({ ...auths, oauth })) {
    for (const path of ['items', 'refuses', 'breaks']) {
      const state = await run(
        pipeline(`${name}-${path}`, {
          extract: source.rest({ url: `${api.url}/${path}`, auth, schema }),
          onReject: quarantine(rejects),
          load: sink.postgres('loaded'),
          onFailure: { webhook: secret('HOOK') },
          retry: path === 'breaks' && name === 'bearer' ? retry : { attempts: 1 },
        }),
      );
      assert.equal(state, path === 'items' ? 'succeeded' : 'failed');
    }
  }
  const s3 = { ...lab.s3.options, endpoint: lab.storage.endpoint, secretAccessKey: secret('API_SECRET') };
  const failing = [
    sink.postgres('nowhere', { connection: secret('WRONG_URL') }),
    sink.files('s3://lake/refused', { s3 } as never),
    connectorSink('postgres', {
      connection: { $secret: 'POSTGRES_URL' },
      table: 'odd.table.name.there',
      mode: 'append',
    }),
  ];
  for (const [n, load] of failing.entries()) {
    const state = await run(pipeline(`failing${n}`, { extract: source.postgres({ table: 'loaded' }), load, retry }));
    assert.equal(state, 'failed');
  }
  const table = client.read.source('postgres', { connection: secret('POSTGRES_URL'), table: 'loaded' });
  told.push(
    await client.sql`SELECT count(*) FROM ${table}`.explain(),
    await client.jobs(),
    await client.pipelines.list(),
  );
  told.push(await client.pipelines.runs());
  const written = new Map(filesBelow(cluster.folder).map((file) => [file, readFileSync(file)]));
  assert.ok(written.size > 10, 'documents and decisions are blobs');
  written.set('what clients are told', Buffer.from(JSON.stringify(told)));
  for (const role of [...cluster.coordinators, ...cluster.workers])
    written.set(`log of ${role.pid}`, Buffer.from(role.log));
  for (const { key, value } of await lab.kept()) written.set(`etcd ${key}`, Buffer.from(value));
  assert.deepEqual(leaks(written), []);
});

test('on the command line: neither output nor the folder of state tells a secret', async () => {
  await using laptop = new CommandLine();
  const work = join(laptop.folder, 'work');
  mkdirSync(work);
  const index = fileURLToPath(new URL('../../../pipeline/index.ts', import.meta.url));
  const file = (path: string) => `import { pipeline, quarantine, secret, sink, source } from '${index}';
    export default pipeline('${path}', {
      extract: source.rest({ url: '${api.url}/${path}', auth: { kind: 'bearer', token: secret('API_TOKEN') }, schema: { id: 'bigint', n: 'bigint' } }),
      onReject: quarantine('rejects'), load: sink.postgres('by_hand'), retry: { attempts: 1 },
    });`;
  const env = { ...lab.environment, ...secretEnvironment(), SHEAF_LOG_LEVEL: 'debug' };
  const written = new Map<string, Buffer>();
  for (const path of ['items', 'refuses']) {
    writeFileSync(join(work, `${path}.ts`), file(path));
    for (const args of [
      ['run', `${path}.ts`, '--verbose'],
      ['run', `${path}.ts`, '--json'],
      ['runs', '--json'],
    ]) {
      const { stdout, stderr } = await laptop.start(args, work, env).ended;
      written.set(`${path}: ${args.join(' ')}`, Buffer.from(stdout + stderr));
    }
  }
  for (const each of filesBelow(work)) written.set(each, readFileSync(each));
  assert.ok([...written.keys()].some((name) => name.includes('.sheaf')));
  assert.deepEqual(leaks(written), []);
});
