import { Cluster } from './cluster.ts';
import { type Faults, randomFaults } from './faults.ts';
import { hash, Random } from './random.ts';

/** What is simulated. */
export interface SimulationOptions {
  readonly seed: number;
  /** `safety`: faults until the end. `liveness`: the faults stop, and every job must end. */
  readonly mode: 'safety' | 'liveness';
  readonly faults?: Faults;
}

/** How a simulation ended. */
export interface SimulationResult {
  readonly events: number;
  readonly answers: number;
  readonly succeeded: number;
  /** How often jobs failed, by error code. */
  readonly failed: Readonly<Record<string, number>>;
  readonly reruns: Readonly<Record<string, number>>;
  readonly traceHash: string;
  readonly trace: readonly string[];
}

const faultsMs = 20_000;
const patienceMs = 30 * 60_000;
const tickMs = 500;

/** Runs one seed. @throws Error that names the seed and ends with the last steps of the trace */
export function simulate({ seed, mode, faults }: SimulationOptions): SimulationResult {
  const random = new Random(seed);
  const cluster = new Cluster(random, faults ?? randomFaults(random));
  try {
    run(cluster, random, mode);
  } catch (error) {
    const tail = cluster.trace.slice(-30).join('\n');
    throw new Error(`seed ${seed} (${mode}): ${error instanceof Error ? error.stack : error}\n${tail}`, {
      cause: error,
    });
  }
  return resultOf(cluster);
}

function run(cluster: Cluster, random: Random, mode: 'safety' | 'liveness'): void {
  const { timeline } = cluster;
  const workers = random.between(1, 8);
  for (let at = 0; at < workers; at++) cluster.start(`host-${at}`, random.between(1, 4));
  const jobs = random.between(1, 5);
  for (let at = 0; at < jobs; at++) timeline.after(random.between(0, 5000), () => cluster.submit(at));
  const tick = (): void => {
    cluster.handle({ kind: 'tick' });
    timeline.after(tickMs, tick);
  };
  tick();
  cluster.trouble();
  while (timeline.step(faultsMs));
  if (mode === 'safety') return;
  timeline.at(faultsMs, () => cluster.heal());
  const isOver = (): boolean => [...cluster.clients.values()].every(({ dropped }) => dropped);
  while (!isOver()) if (!timeline.step(faultsMs + patienceMs)) throw new Error(`unfinished: ${unfinished(cluster)}`);
}

const unfinished = ({ clients, scheduler }: Cluster): string =>
  JSON.stringify([...clients.values()].filter(({ dropped }) => !dropped).map(({ job }) => scheduler.progress(job)));

function resultOf({ trace, clients, answers, scheduler }: Cluster): SimulationResult {
  const failed: Record<string, number> = {};
  const reruns: Record<string, number> = {};
  for (const { job, error } of clients.values()) {
    if (error !== undefined) failed[error] = (failed[error] ?? 0) + 1;
    for (const [cause, count] of Object.entries(scheduler.jobReport(job)?.reruns ?? {})) {
      reruns[cause] = (reruns[cause] ?? 0) + count;
    }
  }
  const succeeded = [...clients.values()].filter(({ ending }) => ending === 'succeeded').length;
  return { events: trace.length, answers, succeeded, failed, reruns, traceHash: hash(trace.join('\n')), trace };
}
