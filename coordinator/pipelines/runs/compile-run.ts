import { sourceConnector } from '../../../connectors/registry.ts';
import type { Compile, CompiledRun, CompileInput } from '../../../pipeline/compile/compiled.ts';
import { compileReplay, stillUnreadName } from '../../../pipeline/compile/replay.ts';
import type { PipelineDocument } from '../../../pipeline/records/document.ts';
import type { RunRecord } from '../../../pipeline/records/run.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { Documents } from '../records/documents.ts';
import type { RunBook } from '../records/run-book.ts';

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
    const rejects = await this.#rejects(record, replayOf);
    const reread = await readableAgain(document, rejects.unread);
    return compileReplay(this.#parts.compile, { ...input, ...rejects, reread });
  }

  async #rejects({ id }: RunRecord, of: string) {
    const { documents, book } = this.#parts;
    const { life, replayedBy, version } = book.get(of);
    if (life.state !== 'succeeded' || life.commit === undefined) {
      throw refused(
        `Run ${of} has not succeeded: it is ${life.state}`,
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
    const commit = await documents.commit(life.commit);
    const left = commit.outputs.find(({ name }) => name === stillUnreadName)?.receipts ?? [];
    const isLeft = left.some(({ rows }) => rows > 0);
    const rejected = [...sources, ...outputs].some((each) => each.rejected > 0);
    if (onReject.action !== 'quarantine' || onReject.path === undefined || !(rejected || isLeft)) {
      throw refused(
        `Run ${of} kept no rejected rows`,
        'Only rows that onReject: quarantine(…) has set aside are replayed.',
      );
    }
    const judged = outputs.filter((each) => each.rejected > 0).map(({ name }) => name);
    const schemas = commit.outputs.flatMap(({ name, schema }) => (judged.includes(name) ? [[name, schema]] : []));
    return {
      of,
      path: onReject.path,
      schemas: Object.fromEntries(schemas) as Readonly<Record<string, Schema>>,
      unread: sources.filter((each) => isLeft || each.rejected > 0).map(({ name }) => name),
    };
  }
}

/** Of these sources, those whose connectors read rows again from their text. */
async function readableAgain({ sources }: PipelineDocument, unread: readonly string[]): Promise<string[]> {
  const found = unread.map(async (name) => {
    const node = sources[name]?.node;
    const isAble = node?.kind === 'extract' && (await sourceConnector(node.connector)).reread !== undefined;
    return isAble ? [name] : [];
  });
  return (await Promise.all(found)).flat();
}

const refused = (message: string, next: string): SheafError => new SheafError('NOT_SUPPORTED', message, { next });
