import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const spinMs = 400;

/** Prints how many rounds of adding numbers, all of them in a core's own cache, it did in a second. */
const program = `
  const numbers = new Float64Array(1024);
  const startedMs = performance.now();
  let rounds = 0;
  for (; performance.now() < startedMs + ${spinMs}; rounds++)
    for (let i = 0; i < 100_000; i++) numbers[i & 1023] += i;
  process.stdout.write(String((rounds * 1000) / (performance.now() - startedMs)));
`;

/**
 * What the machine gives to work that shares nothing: how many ms all of these cores together take for `spinRounds` rounds of
 * a computation, a process pinned to each. Cores of a virtual machine may be halves of one core, or others may use them.
 */
export async function spinTime(cores: readonly number[]): Promise<number> {
  const rates = await Promise.all(cores.map(spinOn));
  return (1000 * spinRounds) / rates.reduce((sum, rate) => sum + rate, 0);
}

const spinRounds = 20_000;

async function spinOn(core: number): Promise<number> {
  const child = spawn('taskset', ['-c', String(core), process.execPath, '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return Number(output);
}
