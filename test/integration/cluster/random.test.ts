import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Progress, smallTasks, withCluster } from '../../support/cluster/cluster.ts';
import { checkDelays, delays } from './delays.ts';

/** By hand: `ROUNDS=50 SEED=7 node --test test/integration/cluster/random.test.ts`. */
const rounds = Number(process.env.ROUNDS ?? 6);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6));

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator). */
function* numbers(start: number): Generator<number, never> {
  for (let state = start >>> 0; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

test('workers killed and paused at random moments, and replaced: every answer is right', async (context) => {
  context.diagnostic(`SEED=${seed}`);
  const random = numbers(seed);
  const next = (below: number): number => Math.floor(random.next().value * below);
  await withCluster({ workers: 3, config: smallTasks }, async (cluster, client) => {
    for (let round = 0; round < rounds; round++) {
      const job = checkDelays(delays(client, new Progress(), next(30)));
      await pause(next(900));
      const victim = cluster.workers.at(-1 - next(3));
      const kill = next(3) > 0;
      victim?.signal(kill ? 'SIGKILL' : 'SIGSTOP');
      if (kill) await cluster.addWorker();
      else await pause(next(300));
      victim?.signal('SIGCONT');
      await job;
    }
  });
});
