import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noFaults } from './faults.ts';
import { type SimulationResult, simulate } from './simulate.ts';

/** Another range, or a longer one: `SEEDS=1000-3000 node test/run.ts simulation`. */
const [from = 0, to = 300] = (process.env.SEEDS ?? '').split('-').filter(Boolean).map(Number);
const seeds = Array.from({ length: to - from }, (_, at) => from + at);

const sum = (results: readonly SimulationResult[], of: (result: SimulationResult) => number): number =>
  results.reduce((total, result) => total + of(result), 0);

test(`whatever goes wrong, no answer is: seeds ${from} to ${to}`, () => {
  const results = seeds.map((seed) => simulate({ seed, mode: 'safety' }));
  assert.ok(sum(results, ({ answers }) => answers) > seeds.length / 2, 'too few answers to mean anything');
});

test(`when the faults stop, every job ends: seeds ${from} to ${to}`, () => {
  const results = seeds.map((seed) => simulate({ seed, mode: 'liveness' }));
  assert.ok(sum(results, ({ answers }) => answers) > seeds.length / 2, 'too few answers to mean anything');
  for (const cause of [
    'fetchFailed',
    'workerLost',
    'outOfMemory',
    'taskError',
    'returned',
    'outputLost',
    'inputChanged',
    'speculation',
  ]) {
    assert.ok(sum(results, ({ reruns }) => reruns[cause] ?? 0) > 0, `no run had a re-run by ${cause}`);
  }
});

test('without faults every job succeeds at the first attempt', () => {
  for (const seed of seeds.slice(0, 50)) {
    const { answers, reruns, failed } = simulate({ seed, mode: 'liveness', faults: noFaults });
    assert.ok(answers > 0);
    assert.deepEqual(
      Object.keys(failed).filter((code) => code !== 'DEADLINE'),
      [],
    );
    assert.deepEqual(
      Object.values(reruns).filter((count) => count > 0),
      [],
    );
  }
});

test('a seed replays the same trace', () => {
  for (const seed of seeds.slice(0, 20)) {
    const first = simulate({ seed, mode: 'liveness' });
    const second = simulate({ seed, mode: 'liveness' });
    assert.deepEqual(second.trace, first.trace, `seed ${seed}`);
  }
  assert.notEqual(simulate({ seed: 1, mode: 'safety' }).traceHash, simulate({ seed: 2, mode: 'safety' }).traceHash);
});
