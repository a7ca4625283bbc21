import type { SchedulerEvent } from '../../coordinator/scheduler/events.ts';
import type { ErrorData } from '../../shared/errors.ts';
import type { ProducerRef, TaskFailure } from '../../shared/failure.ts';
import { type AttemptKey, attemptName, type JobId, type WorkerId } from '../../shared/ids.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';
import type { StageSpec } from '../../shared/stage/stage.ts';
import type { TaskInput, TaskOutput, TaskSpec } from '../../shared/stage/task.ts';
import type { Cluster } from './cluster.ts';
import { type Content, partitionContent, partitionsOf, rowsOf, sourceContent, taskContent } from './content.ts';

interface Stored {
  readonly content: Content;
  /** Nobody can read it. */
  readonly corrupt: boolean;
}

/** One life of a virtual worker: runs what it is sent, keeps outputs, and loses everything when it is killed. */
export class VirtualWorker {
  alive = true;
  readonly id: WorkerId;
  readonly slots: number;
  readonly address: string;
  readonly #cluster: Cluster;
  readonly #running = new Map<string, TaskSpec>();
  readonly #outputs = new Map<string, Stored>();
  /** Commands arrive in the order in which they were sent. */
  #lastCommandMs = 0;

  constructor(cluster: Cluster, id: WorkerId, slots: number, address: string) {
    this.#cluster = cluster;
    this.id = id;
    this.slots = slots;
    this.address = address;
  }

  /** A command of the coordinator is on its way; it is void if the worker dies before. */
  receive(command: () => void): void {
    const { timeline, random } = this.#cluster;
    this.#lastCommandMs = Math.max(this.#lastCommandMs, timeline.nowMs + random.between(0, 5));
    timeline.at(this.#lastCommandMs, () => this.alive && command());
  }

  run(task: TaskSpec): void {
    const { random, faults } = this.#cluster;
    const name = attemptName(task);
    this.#running.set(name, task);
    if (this.#running.size > this.slots) throw new Error(`${this.id} has ${this.slots} slots and runs ${name} beyond`);
    if (task.alone && this.#running.size > 1) throw new Error(`${name} is not alone on ${this.id}`);
    if (random.chance(faults().handBack)) {
      this.#fail(task, { kind: 'cancelled' });
      return;
    }
    const slow = random.chance(faults().straggle) ? 20 : 1;
    this.#later(name, random.between(1, 50), () => this.#compute(task, random.between(1, 300) * slow));
  }

  cancel(key: AttemptKey): void {
    const name = attemptName(key);
    const task = this.#running.get(name);
    if (task !== undefined)
      this.#later(name, this.#cluster.random.between(0, 200), () => this.#fail(task, { kind: 'cancelled' }));
  }

  drop(job: JobId): void {
    for (const name of this.#outputs.keys()) if (name.startsWith(`${job}/`)) this.#outputs.delete(name);
  }

  kill(): void {
    this.alive = false;
    this.#running.clear();
    this.#outputs.clear();
  }

  /** What a reader gets of a part: its content, or how its fetch fails. */
  read(job: JobId, part: ExchangePart): Content | ErrorData {
    const stored = this.#outputs.get(attemptName({ job, ...part }));
    if (!this.alive) return { code: 'UNREACHABLE', message: `${this.id} does not answer` };
    if (stored === undefined || stored.corrupt)
      return { code: 'FETCH_FAILED', message: `${this.id} has no such output` };
    return partitionContent(stored.content, part.partition);
  }

  #later(name: string, delayMs: number, action: () => void): void {
    this.#cluster.timeline.after(delayMs, () => this.alive && this.#running.has(name) && action());
  }

  /** Fetches all inputs, then works for a while. */
  #compute(task: TaskSpec, durationMs: number): void {
    const inputs: Content[][] = [];
    for (const input of task.inputs) {
      const read = this.#fetch(task, input);
      if (!Array.isArray(read)) {
        this.#fail(task, read);
        return;
      }
      inputs.push(read);
    }
    this.#later(attemptName(task), durationMs, () => this.#end(task, inputs));
  }

  #fetch(task: TaskSpec, input: TaskInput): Content[] | TaskFailure {
    if (input.kind !== 'exchange') return [sourceContent(input.name, task.task)];
    const contents: Content[] = [];
    for (const part of input.parts) {
      const content = this.#cluster.read(task.job, part);
      if ('code' in content) return { kind: 'fetchFailed', producer: refOf(part), error: content };
      contents.push(content);
    }
    return contents;
  }

  #end(task: TaskSpec, inputs: Content[][]): void {
    const failure = this.#drawFailure(task);
    if (this.#cluster.isPoison(task)) this.#cluster.kill(this);
    else if (failure !== undefined) this.#fail(task, failure);
    else this.#finish(task, inputs);
  }

  #drawFailure(task: TaskSpec): TaskFailure | undefined {
    const { random, faults } = this.#cluster;
    if (random.chance(faults().taskError)) return { kind: 'taskError', error: virtualError };
    if ((task.alone && !task.wide) || !random.chance(faults().outOfMemory)) return undefined;
    return { kind: 'outOfMemory', error: { code: 'OUT_OF_MEMORY', message: 'out of virtual memory' } };
  }

  #finish(task: TaskSpec, inputs: Content[][]): void {
    const { random, faults, files } = this.#cluster;
    const spec = this.#cluster.specOf(task);
    const content = taskContent(spec, task.task, task.attempt, inputs);
    const name = attemptName(task);
    this.#running.delete(name);
    if (spec.output.kind === 'file') files.set(`${task.job}:${fileName(task)}`, content);
    else this.#outputs.set(name, { content, corrupt: random.chance(faults().corrupt) });
    this.#report({ kind: 'attemptFinished', key: keyOf(task), worker: this.id, output: outputOf(spec, task) });
  }

  #fail(task: TaskSpec, failure: TaskFailure): void {
    this.#running.delete(attemptName(task));
    this.#report({ kind: 'attemptFailed', key: keyOf(task), worker: this.id, failure });
  }

  #report(event: SchedulerEvent): void {
    this.#cluster.send(event);
  }
}

const virtualError: ErrorData = { code: 'QUERY_FAILED', message: 'a virtual error', retryable: true };

const keyOf = ({ job, stage, task, attempt }: AttemptKey): AttemptKey => ({ job, stage, task, attempt });

const refOf = ({ stage, task, attempt, worker }: ExchangePart): ProducerRef => ({ stage, task, attempt, worker });

const fileName = ({ task, attempt }: AttemptKey): string => `part-${task}-${attempt}`;

/** What a finished attempt reports: the sizes follow from its place in the plan alone. */
function outputOf(spec: StageSpec, key: AttemptKey): TaskOutput {
  const partitions = [...Array(partitionsOf(spec)).keys()].map((partition) => {
    const rows = rowsOf(key.stage, key.task, partition);
    return { rows, bytes: rows * 10 };
  });
  const rowsOut = partitions.reduce((sum, { rows }) => sum + rows, 0);
  const metrics = {
    rowsIn: 0,
    rowsOut,
    bytesIn: 0,
    bytesOut: rowsOut * 10,
    fetchMs: 1,
    runMs: 2,
    spilledBytes: 0,
    peakRssBytes: 0,
  };
  return { partitions, metrics, ...(spec.output.kind === 'file' ? { file: fileName(key) } : {}) };
}
