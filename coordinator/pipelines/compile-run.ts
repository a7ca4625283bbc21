import { compileReplay } from '../../pipeline/compile/replay.ts';
import type { Compile, CompiledRun, CompileInput } from '../../pipeline/compiled.ts';
import type { PipelineDocument } from '../../pipeline/document.ts';
import type { RunRecord } from '../../pipeline/run.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { Documents } from './documents.ts';
import type { RunBook } from './run-book.ts';

export interface CompileParts {
  readonly compile: Compile;
  readonly documents: Documents;
  readonly book: Pick<RunBook, 'get'>;
}

/** From the record of a run to its plan. The same record gives the same plan. */
export class RunCompiler {
  readonly #parts: CompileParts;

  constructor(parts: CompileParts) {
    this.#parts = parts;
  }

  /** @throws SheafError `PIPELINE_INVALID` for its parameters; `RUN_UNKNOWN`, `NOT_SUPPORTED` for a replay */
  async plan(
    record: RunRecord,
    document: PipelineDocument,
    cursors: Readonly<Record<string, Json>>,
  ): Promise<CompiledRun> {
    const { id: run, params, startedMs, submittedMs, interval, replayOf } = record;
    const input: CompileInput = {
      ...{ document, run, params, cursors, startedMs: startedMs ?? submittedMs },
      ...(interval ? { interval } : {}),
    };
    if (replayOf === undefined) return this.#parts.compile(input);
    return compileReplay(this.#parts.compile, { ...input, ...(await this.#rejects(record, replayOf)) });
  }

  async #rejects({ id }: RunRecord, of: string) {
    const { documents, book } = this.#parts;
    const { life, replayedBy, version } = book.get(of);
    if (life.state !== 'succeeded' || life.commit === undefined) {
      throw refused(
        `Run ${of} has loaded nothing: it is ${life.state}`,
        'Run the pipeline again; only what was set aside by a run that loaded is replayed.',
      );
    }
    if (replayedBy !== undefined && replayedBy !== id) {
      throw refused(
        `Run ${of} was replayed by ${replayedBy}`,
        `What that rejected again is its own: npx sheaf replay ${replayedBy}.`,
      );
    }
    const { onReject } = await documents.document(version);
    const { sources, outputs } = life.summary;
    const rejected = [...sources, ...outputs].reduce((sum, each) => sum + each.rejected, 0);
    if (onReject.action !== 'quarantine' || onReject.path === undefined || rejected === 0) {
      throw refused(
        `Run ${of} kept no rejected rows`,
        'Only rows that onReject: quarantine(…) has set aside are replayed.',
      );
    }
    const commit = await documents.commit(life.commit);
    return {
      of,
      path: onReject.path,
      schemas: Object.fromEntries(commit.outputs.map(({ name, schema }) => [name, schema])),
    };
  }
}

const refused = (message: string, next: string): SheafError => new SheafError('NOT_SUPPORTED', message, { next });
