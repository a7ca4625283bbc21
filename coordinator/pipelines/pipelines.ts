import type { Compile } from '../../pipeline/compiled.ts';
import { keysOf } from '../../shared/store/keys.ts';
import { RunCompiler } from './compile-run.ts';
import { type DeskParts, PipelinesDesk } from './desk.ts';
import { Documents } from './documents.ts';
import { PipelineBook, type PipelineBookParts } from './pipeline-book.ts';
import { RunBook, type RunBookParts } from './run-book.ts';
import { Runner, type RunnerParts } from './runner.ts';
import { type SinkParts, Sinks } from './sinks.ts';

export interface PipelinesParts
  extends Pick<RunnerParts, 'engine' | 'over' | 'at' | 'config' | 'log'>,
    Pick<SinkParts, 'secrets' | 'mustLead'> {
  readonly cluster: string;
  readonly store: DeskParts['store'] & PipelineBookParts['store'] & RunBookParts['store'];
  readonly leadership: RunBookParts['leadership'];
  readonly blobs: ConstructorParameters<typeof Documents>[0];
  readonly compile: Compile;
  readonly findSink: SinkParts['find'];
}

/** The pipelines of a cluster while this coordinator leads. Ends with its term: whatever is under way is the next leader's. */
export class Pipelines {
  readonly desk: PipelinesDesk;
  readonly #runs: RunBook;
  readonly #pipelines: PipelineBook;
  readonly #runner: Runner;

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
    this.#runner = new Runner({ ...shared, book, sinks, log, ...(at ? { at } : {}) });
    this.desk = new PipelinesDesk({ ...shared, runs: book, pipelines, runner: this.#runner });
  }

  /** Learns what the leaders before left. Nobody is served before that. */
  async load(): Promise<void> {
    await Promise.all([this.#runs.load(), this.#pipelines.load()]);
  }

  /** Goes on with what is not over. */
  begin(): void {
    this.#runner.begin();
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
