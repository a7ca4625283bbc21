import type { Compile } from '../../pipeline/compile/compiled.ts';
import { keysOf } from '../../shared/store/keys.ts';
import { type DeskParts, PipelinesDesk } from './desk.ts';
import { FailureHooks } from './hooks/failure-hooks.ts';
import { Cursors } from './records/cursors.ts';
import { Documents } from './records/documents.ts';
import { PipelineBook, type PipelineBookParts } from './records/pipeline-book.ts';
import { RunBook, type RunBookParts } from './records/run-book.ts';
import { RunCompiler } from './runs/compile-run.ts';
import { RunViews } from './runs/run-views.ts';
import { Runner, type RunnerParts } from './runs/runner.ts';
import { type SinkParts, Sinks } from './runs/sinks.ts';
import { Coverage } from './schedule/coverage.ts';
import { ScheduleBook } from './schedule/schedule-book.ts';
import { Timetable } from './schedule/timetable.ts';

/** What {@link Pipelines} works with. */
export interface PipelinesParts
  extends Pick<RunnerParts, 'engine' | 'over' | 'at' | 'config' | 'log'>,
    Pick<SinkParts, 'secrets' | 'mustLead'> {
  readonly cluster: string;
  readonly store: DeskParts['store'] & PipelineBookParts['store'] & RunBookParts['store'];
  readonly leadership: RunBookParts['leadership'];
  readonly blobs: ConstructorParameters<typeof Documents>[0];
  readonly compile: Compile;
  readonly findSink: SinkParts['find'];
  /** Wall-clock time, for schedules. */
  readonly now?: () => number;
}

/**
 * The pipelines of a cluster while this coordinator leads. Ends with its term: whatever is under way is the next
 * leader's.
 */
export class Pipelines {
  readonly desk: PipelinesDesk;
  readonly views: RunViews;
  readonly #runs: RunBook;
  readonly #pipelines: PipelineBook;
  readonly #schedules: ScheduleBook;
  readonly #coverage: Coverage;
  readonly #runner: Runner;
  readonly #timetable: Timetable;
  readonly #hooks: FailureHooks;

  constructor(parts: PipelinesParts) {
    const { cluster, store, leadership, blobs, compile, engine, secrets, mustLead, over, at, config, log } = parts;
    const keys = keysOf(cluster);
    const book = new RunBook({ store, leadership, keys, config, log });
    const pipelines = new PipelineBook({ store, leadership, keys, config, log });
    const documents = new Documents(blobs);
    const compiler = new RunCompiler({ compile, documents, book });
    const sinks = new Sinks({ find: parts.findSink, secrets, mustLead, config, log });
    const shared = { documents, compiler, engine, store, keys, over, config };
    this.#runs = book;
    this.#pipelines = pipelines;
    const { now = Date.now } = parts;
    const hook = at ? { at } : {};
    this.#runner = new Runner({ ...shared, cursors: new Cursors({ store, keys }), book, sinks, log, ...hook });
    this.#schedules = new ScheduleBook({ store, leadership, keys, log });
    this.#hooks = new FailureHooks({
      ...{ runs: book, documents, secrets, over, config, log },
      note: (run, notice) => this.#runner.post(run, { kind: 'notified', notice }),
    });
    this.#coverage = new Coverage({ store, leadership, keys, runs: book, config, log });
    this.#timetable = new Timetable({
      ...{ book: this.#schedules, runs: book, over, config, log, ...hook },
      submit: (request) => this.desk.submit({ ...deployed(pipelines, request.pipeline), ...request }),
      cancel: (run) => this.desk.cancel(run),
      now,
    });
    const [runner, timetable, coverage] = [this.#runner, this.#timetable, this.#coverage];
    this.views = new RunViews({ runs: book, engine, over, config });
    const { views } = this;
    this.desk = new PipelinesDesk({ ...shared, runs: book, pipelines, runner, views, timetable, coverage, now });
  }

  /** Learns what the leaders before left. Nobody is served before that. */
  async load(): Promise<void> {
    await Promise.all([this.#runs.load(), this.#pipelines.load(), this.#schedules.load()]);
    await this.#coverage.load(); // It looks into the runs.
  }

  /** Goes on with what is not over. */
  begin(): void {
    this.#runner.begin();
    this.#timetable.begin();
    this.#hooks.begin();
  }

  /** Whether nothing is being done at this moment. */
  get idle(): boolean {
    return this.#runner.idle;
  }

  /** Names of blobs that pipelines and runs need. */
  blobs(): string[] {
    const runs = this.#runs
      .list()
      .flatMap(({ version, life }) => ('commit' in life ? [version, life.commit] : [version]));
    return [...runs, ...this.#pipelines.list().flatMap(({ blobs }) => blobs)];
  }
}

/** What a schedule runs: not what somebody has run from a file meanwhile. */
const deployed = (pipelines: PipelineBook, name: string): { readonly version?: string } => {
  const { deployed: version } = pipelines.get(name);
  return version === undefined ? {} : { version };
};
