import { nextWave } from '../../coordinator/planner/adapt/next-wave.ts';
import {
  type AdaptLimits,
  begin,
  finished,
  type Progress,
  type Wave,
} from '../../coordinator/planner/adapt/progress.ts';
import type { Effect } from '../../coordinator/scheduler/effects.ts';
import { type JobId, stageId } from '../../shared/ids.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';
import type { StageSpec } from '../../shared/stage/stage.ts';
import type { Cluster } from './cluster.ts';
import { type Content, mergeSalts, Reference } from './content.ts';
import { type Plan, splits, stagesOf } from './plans.ts';

export type Ending = 'succeeded' | 'failed' | 'cancelled';
type EffectOf<Kind extends Effect['kind']> = Effect & { readonly kind: Kind };

/** Submits one job wave by wave, fetches its result part by part, and checks every answer against the reference. */
export class VirtualClient {
  readonly job: JobId;
  readonly plan: Plan;
  /** As they were handed to the scheduler. */
  readonly stages = new Map<number, StageSpec>();
  ending: Ending | undefined;
  /** The code of the error that it failed with. */
  error: string | undefined;
  dropped = false;
  readonly #cluster: Cluster;
  #wave = 0;
  #progress: Progress | undefined;
  readonly #unfinished = new Set<number>();
  /** What it read of the result, by stage, task and partition, all of one generation. */
  #read = new Map<string, Content>();
  #generation = -1;
  #announcement = 0;

  constructor(cluster: Cluster, job: JobId, plan: Plan) {
    this.#cluster = cluster;
    this.job = job;
    this.plan = plan;
    const { choices, finalStage } = plan;
    if (choices !== undefined) this.#progress = begin({ stages: stagesOf(plan), finalStage, choices }, 4, limits);
  }

  submit(priority: number, deadlineMs: number | undefined): void {
    const { job } = this;
    const deadline = deadlineMs === undefined ? {} : { deadlineMs };
    const submission = { kind: 'jobSubmitted', job, priority, ...deadline, ...this.#nextWave() } as const;
    this.#cluster.handle(submission);
    const { random, timeline, faults } = this.#cluster;
    // Its connection broke before the answer: it says it again.
    if (random.chance(faults().duplicate))
      timeline.after(random.between(0, 1000), () => this.#cluster.handle(submission));
    if (!random.chance(faults().cancel)) return;
    timeline.after(random.between(0, 5000), () =>
      this.#cluster.handle({ kind: 'cancelRequested', job, reason: 'whim' }),
    );
  }

  #nextWave(): Pick<Wave, 'stages' | 'unneeded' | 'finalStage'> {
    const wave: Partial<Wave> & Pick<Wave, 'stages' | 'unneeded'> =
      this.#progress === undefined ? this.#plannedWave() : nextWave(this.#progress);
    if (wave.progress !== undefined) this.#progress = wave.progress;
    for (const spec of wave.stages) {
      this.#unfinished.add(spec.id);
      this.stages.set(spec.id, spec);
    }
    const { stages, unneeded, finalStage } = wave;
    return { stages, unneeded, ...(finalStage === undefined ? {} : { finalStage }) };
  }

  #plannedWave(): Pick<Wave, 'stages' | 'unneeded' | 'finalStage'> {
    const stages = this.plan.waves[this.#wave++] ?? [];
    const isLast = this.#wave === this.plan.waves.length;
    return { stages, unneeded: [], ...(isLast ? { finalStage: this.plan.finalStage } : {}) };
  }

  stageFinished({ stage, first, winners, rows, bytes }: EffectOf<'stageFinished'>): void {
    if (first === !this.#unfinished.has(stage)) throw new Error(`stage ${stage} of ${this.job}: first is ${first}`);
    if (winners.length !== this.stages.get(stage)?.tasks)
      throw new Error(`${winners.length} winners in stage ${stage}`);
    this.#unfinished.delete(stage);
    if (this.#progress === undefined) {
      if (this.#unfinished.size === 0 && this.#wave < this.plan.waves.length) this.#goOn();
    } else if (first && !this.stages.has(this.plan.finalStage)) {
      const tasks = winners.map(({ partitions }) => partitions);
      this.#progress = finished(this.#progress, stageId(stage), { rows, bytes, tasks });
      this.#goOn();
    }
  }

  #goOn(): void {
    const { random, timeline } = this.#cluster;
    const wave = this.#nextWave();
    if (wave.stages.length + wave.unneeded.length === 0) return;
    timeline.after(random.between(0, 100), () => {
      this.#cluster.handle({ kind: 'stagesAdded', job: this.job, ...wave });
    });
  }

  /** Its wide task ran out of memory: the same stage of several tasks takes its place. */
  outgrown(): void {
    const { random, timeline } = this.#cluster;
    const { finalStage } = this.plan;
    const [tasks, whole] = [random.between(1, 4), this.stages.get(finalStage)];
    if (whole === undefined) throw new Error(`${this.job} outgrew a stage that it does not have`);
    const { wide: _, large: __, ...spec } = whole;
    const stages = [{ ...spec, tasks, inputs: [splits(tasks)] }];
    this.#unfinished.add(finalStage);
    timeline.after(random.between(0, 100), () => {
      for (const stage of stages) this.stages.set(stage.id, stage);
      this.#cluster.handle({ kind: 'stagesAdded', job: this.job, stages, finalStage });
    });
  }

  commit({ files }: EffectOf<'commitSink'>): void {
    const { random, timeline, faults } = this.#cluster;
    const contents = files.map((file) => this.#cluster.files.get(`${this.job}:${file}`));
    this.#check(contents.map((content) => content ?? missing(this.job)));
    const error = { code: 'DESTINATION_EXISTS', message: 'the destination exists' } as const;
    const fails = random.chance(faults().sinkFailed);
    timeline.after(random.between(1, 500), () =>
      this.#cluster.handle({ job: this.job, ...(fails ? { kind: 'sinkFailed', error } : { kind: 'sinkCommitted' }) }),
    );
  }

  /** The result is announced, perhaps again: goes on fetching if it is the same, starts over if it is another. */
  succeeded({ parts, generation }: EffectOf<'jobSucceeded'>): void {
    this.ending = 'succeeded';
    if (this.stages.get(this.plan.finalStage)?.output.kind === 'file') return;
    if (generation !== this.#generation) this.#read = new Map();
    this.#generation = generation;
    const announcement = ++this.#announcement;
    this.#fetchNext(parts, announcement);
  }

  #fetchNext(parts: readonly ExchangePart[], announcement: number): void {
    const { random, timeline } = this.#cluster;
    timeline.after(random.between(0, 200), () => {
      if (announcement !== this.#announcement || this.dropped) return;
      const part = parts.find((candidate) => !this.#read.has(placeOf(candidate)));
      if (part === undefined) this.#complete(parts);
      else if (this.#fetch(part)) this.#fetchNext(parts, announcement);
    });
  }

  #fetch(part: ExchangePart): boolean {
    const { random, faults } = this.#cluster;
    const content = this.#cluster.read(this.job, part);
    if ('code' in content || random.chance(faults().resultLost)) {
      const { stage, task, attempt, worker } = part;
      this.#cluster.send({ kind: 'resultLost', job: this.job, producer: { stage, task, attempt, worker } });
      return false;
    }
    this.#read.set(placeOf(part), content);
    return true;
  }

  #complete(parts: readonly ExchangePart[]): void {
    this.#check(parts.map((part) => this.#read.get(placeOf(part)) ?? missing(this.job)));
    this.#cluster.handle({ kind: 'jobReleased', job: this.job });
  }

  /** The answer must be what a run without faults computes when its impure tasks draw what these drew. */
  #check(contents: readonly Content[]): void {
    const reference = new Reference([...this.stages.values()], mergeSalts(contents.map(({ salts }) => salts)));
    const expected = reference.result(this.plan.finalStage);
    const got = contents.map(({ value }) => value);
    if (got.join() !== expected.join()) throw new Error(`${this.job} answers ${got}, but the answer is ${expected}`);
    this.#cluster.answers++;
  }

  ended(ending: Ending, error?: string): void {
    this.ending = ending;
    this.error = error;
  }
}

const limits: AdaptLimits = {
  taskBytesMin: 300,
  taskBytesTarget: 3000,
  plannedPartitionsMax: 20,
  broadcastBytesMax: 2000,
  filterBytesMax: 3000,
  filterGainPercent: 0,
  skewPercent: 150,
  skewBytesMin: 500,
  awaitOtherSidePercent: 150,
};

const placeOf = ({ stage, task, partition }: ExchangePart): string => `${stage}/${task}/${partition}`;

function missing(job: JobId): never {
  throw new Error(`a part of the answer of ${job} does not exist`);
}
