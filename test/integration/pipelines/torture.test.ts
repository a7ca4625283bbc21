import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../../../client/index.ts';
import { pipeline, sink, source } from '../../../pipeline/index.ts';
import { smallTasks, type TestCluster, until } from '../../support/cluster/cluster.ts';
import { allCleaned, PipelineLab, runUntilLoaded } from '../../support/pipelines/pipeline-lab.ts';
import type { RoleProcess } from '../../support/processes/role-process.ts';
import { randomNumbers } from '../../support/random-numbers.ts';
import { type Asked, startApi, type TestApi } from '../../support/servers/hostile-api.ts';

/**
 * Whatever is killed at whatever moment, each row is loaded once and nothing is left beside it.
 * By hand: `ROUNDS=50 SEED=7 node --test test/integration/pipelines/torture.test.ts`.
 */
const rounds = Number(process.env.ROUNDS ?? 4);
const seeds = process.env.SEED === undefined ? [1, Math.floor(Math.random() * 1e6)] : [Number(process.env.SEED)];

/** By hand: `TROUBLES=pauseLeader,restartEtcd`, in this order. */
const given = process.env.TROUBLES?.split(',') as (keyof typeof troubles)[] | undefined;

let lab: PipelineLab;
before(async () => {
  lab = await PipelineLab.start();
});
after(() => lab[Symbol.asyncDispose]());

const pageRows = 200;

/** An API of numbered events, the latest of which are new, that is in a bad mood now and then. */
class Events implements AsyncDisposable {
  count = 0;
  readonly api: Promise<TestApi>;

  constructor(next: (below: number) => number) {
    this.api = startApi((asked, _, response) => {
      const mood = next(20);
      if (mood === 0) return void response.writeHead(500).end();
      if (mood === 1) return void response.writeHead(429, { 'retry-after': '0' }).end();
      if (mood === 2) return void response.destroy();
      return this.#page(asked);
    });
  }

  #page({ url }: Asked): object {
    const [since, page] = ['since', 'page'].map((name) => Number(url.searchParams.get(name) ?? 0)) as [number, number];
    const first = since + 1 + page * pageRows;
    const rows = Math.max(0, Math.min(pageRows, this.count - first + 1));
    const items = Array.from({ length: rows }, (_, i) => ({ id: first + i, text: `event ${first + i}` }));
    return { items, total: this.count - since };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.api)[Symbol.asyncDispose]();
  }
}

const retry = { attempts: 8, firstDelay: '50ms', maxDelay: '400ms' } as const;

/** Appended, merged, and written as Parquet to object storage: all three go on where they left off. */
const pipelines = (seed: number, url: string) => [
  pipeline('appended', {
    extract: source.postgres({ table: `readings_${seed}`, incremental: 'id' }),
    load: sink.postgres(`appended_${seed}`),
    retry,
  }),
  pipeline('merged', {
    extract: { readings: source.postgres({ table: `readings_${seed}`, incremental: 'id' }) },
    transform: ({ readings, sql }) => sql`select id % 1000 as device, id, text from ${readings}`,
    load: sink.postgres(`merged_${seed}`, { mode: 'merge', key: ['device'], orderBy: 'id' }),
    retry,
  }),
  pipeline('events', {
    extract: source.rest({
      url: `${url}/events`,
      rows: 'items',
      pagination: {
        kind: 'page',
        param: 'page',
        first: 0,
        size: { param: 'per', rows: pageRows },
        total: { of: 'rows', path: 'total' },
      },
      incremental: { param: 'since', column: 'id', first: '0' },
      schema: { id: 'bigint', text: 'varchar' },
    }),
    load: sink.files(`s3://lake/${seed}`),
    retry,
  }),
];

interface Scene {
  readonly cluster: TestCluster;
  readonly next: (below: number) => number;
}

async function leaderOf(cluster: TestCluster): Promise<RoleProcess> {
  let leader: RoleProcess | undefined;
  await until(async () => {
    const kept = await lab.kept();
    const addresses = kept.filter(({ key }) => key.endsWith('/leader')).map(({ value }) => value);
    for (const each of cluster.coordinators) {
      if (killed.has(each.pid)) continue;
      const address = await each.address;
      if (addresses.some((value) => value.includes(address))) leader = each;
    }
    return leader !== undefined;
  }, 'one leads');
  return leader as RoleProcess;
}

/** One kind of trouble each. */
const killed = new Set<number>();
const troubles = {
  async killWorker({ cluster, next }: Scene) {
    await cluster.workers.at(-1 - next(2))?.kill();
    await cluster.addWorker();
  },
  async endBackends() {
    await lab.postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sheaf'");
  },
  async crashDatabase({ next }: Scene) {
    await lab.postgres.kill();
    await pause(next(300));
    await lab.postgres.start();
  },
  async cutStorage({ next }: Scene) {
    const kinds = ['cut', 'loseAnswer', 'busy', 'half'] as const;
    lab.storage.mischief = () => (next(2) === 0 ? kinds[next(4)] : undefined);
    await pause(100 + next(600));
    lab.storage.mischief = () => undefined;
  },
  async restartEtcd({ next }: Scene) {
    await lab.etcd.kill();
    await pause(next(500));
    await lab.etcd.start();
  },
  async killLeader({ cluster }: Scene) {
    const leader = await leaderOf(cluster);
    killed.add(leader.pid);
    await leader.kill();
  },
  /** Past its lease: it comes back while another one leads. */
  async pauseLeader({ cluster, next }: Scene) {
    const leader = await leaderOf(cluster);
    leader.signal('SIGSTOP');
    await pause(3000 + next(1500));
    leader.signal('SIGCONT');
  },
} as const;
const names = Object.keys(troubles) as (keyof typeof troubles)[];

for (const seed of seeds) {
  test(`anything is killed at any moment of a load: each row once (SEED=${seed})`, async (context) => {
    const random = randomNumbers(seed);
    const next = (below: number): number => Math.floor(random.next().value * below);
    await using events = new Events(next);
    const { url } = await events.api;
    // As many leaders may be killed as there are standbys; one is for those that are only paused.
    const drawn = Array.from({ length: rounds }, (_, i) => (i === 1 ? 'killLeader' : names[next(names.length)]));
    const plan = given ?? drawn.filter((name) => name !== undefined);
    const standbys = 1 + plan.filter((name) => name === 'killLeader').length;
    await lab.postgres.query(`CREATE TABLE readings_${seed} (id bigint, text text)`);
    await using cluster = await lab.cluster(standbys, {
      config: { ...smallTasks, postgresPieceBytes: 2 ** 20, restPagesPerPiece: 4 },
    });
    try {
      const client = await cluster.connectToAll();
      let readings = 0;
      for (const trouble of plan) {
        const more = 5000 + next(20_000);
        await lab.postgres.query(
          `INSERT INTO readings_${seed} SELECT i, repeat('x', 100) FROM generate_series(${readings + 1}, ${readings + more}) i`,
        );
        readings += more;
        events.count += 1000 + next(5000);
        const loads = pipelines(seed, url).map((each) => runUntilLoaded(client, each));
        await pause(next(1200));
        const beganMs = performance.now();
        await Promise.all([troubles[trouble]({ cluster, next }), ...loads]);
        context.diagnostic(`${trouble}: ${Math.round(performance.now() - beganMs)} ms`);
        for (const { failed } of await Promise.all(loads)) {
          for (const { life } of failed) context.diagnostic(`failed: ${JSON.stringify(life)}`);
        }
        await checkTables(seed, readings);
      }
      await checkEvents(client, seed, events.count);
      await checkNothingLeft(client, seed);
    } catch (failed) {
      cluster.printLogs();
      throw failed;
    }
  });
}

async function checkTables(seed: number, readings: number): Promise<void> {
  const [row] = await lab.postgres.query(`SELECT
    (SELECT array[count(*), count(DISTINCT id), max(id)]::text FROM appended_${seed}) AS appended,
    (SELECT array[count(*), min(id), max(id)]::text FROM merged_${seed}) AS merged`);
  assert.deepEqual(row, {
    appended: `{${readings},${readings},${readings}}`,
    merged: `{1000,${readings - 999},${readings}}`,
  });
}

async function checkEvents(client: Cluster, seed: number, count: number): Promise<void> {
  const files = client.read.parquet(`s3://lake/${seed}`, { s3: {} });
  const totals = client.sql`SELECT count(*)::INT AS n, count(DISTINCT id)::INT AS different, max(id)::INT AS last FROM ${files}`;
  for await (const row of totals.rows()) assert.deepEqual({ ...row }, { n: count, different: count, last: count });
}

/** What was staged is gone, and the ledgers know each run that succeeded, once. */
async function checkNothingLeft(client: Cluster, seed: number): Promise<void> {
  await allCleaned(client);
  assert.deepEqual([await lab.stagingTables(), await lab.stagedObjects(`${seed}/`)], [[], []]);
  const runs = await client.pipelines.runs({ limit: 1000 });
  const succeeded = (names: readonly string[]) =>
    runs.filter(({ pipeline, life }) => names.includes(pipeline) && life.state === 'succeeded').map(({ id }) => id);
  const ledger = await lab.postgres.query('SELECT run FROM sheaf_ledger');
  const inLedger = ledger.map(({ run }) => String(run));
  assert.deepEqual(
    inLedger.filter((run) => runs.some(({ id }) => id === run)).sort(),
    succeeded(['appended', 'merged']).sort(),
  );
}
