import { sourceConnector } from '../../../connectors/registry.ts';
import type { Compile, CompiledRun, CompileInput } from '../../../pipeline/compile/compiled.ts';
import { compileReplay, stillUnreadName } from '../../../pipeline/compile/replay.ts';
import type { PipelineDocument } from '../../../pipeline/records/document.ts';
import type { RunCommit, RunRecord } from '../../../pipeline/records/run.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { Documents } from '../records/documents.ts';
import type { RunBook } from '../records/run-book.ts';

/** What {@link RunCompiler} works with. */
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

  /** What a run kept of its rejected rows, for its replay `id`. */
  async #rejects({ id }: RunRecord, of: string) {
    const { documents, book } = this.#parts;
    const record = book.get(of);
    const { commit: name, summary } = loadedOnce(record, id);
    const { onReject } = await documents.document(record.version);
    const commit = await documents.commit(name);
    const { sources, outputs } = summary;
    const isLeft = holdsUnread(commit);
    const hasRejected = [...sources, ...outputs].some(({ rejected }) => rejected > 0);
    if (onReject.action !== 'quarantine' || onReject.path === undefined || !(hasRejected || isLeft)) {
      throw refused(
        `Run ${of} kept no rejected rows`,
        'Only rows that onReject: quarantine(…) has set aside are replayed.',
      );
    }
    return {
      of,
      path: onReject.path,
      schemas: schemasOf(commit, new Set(outputs.filter(({ rejected }) => rejected > 0).map((each) => each.name))),
      unread: sources.filter(({ rejected }) => isLeft || rejected > 0).map((each) => each.name),
    };
  }
}

/** What a run loaded, if it did, and if no replay but this one has loaded its rejected rows. */
function loadedOnce({ id, life, replayedBy }: RunRecord, replay: string) {
  if (life.state !== 'succeeded' || life.commit === undefined) {
    throw refused(
      `Run ${id} has not succeeded: it is ${life.state}`,
      'Run the pipeline again; only what was set aside by a run that loaded is replayed.',
    );
  }
  if (replayedBy !== undefined && replayedBy !== replay) {
    throw refused(
      `Run ${id} was replayed by ${replayedBy}`,
      `What that rejected again is its own: npx sheaf replay ${replayedBy}.`,
    );
  }
  return { commit: life.commit, summary: life.summary };
}

/** Whether a replay kept rows that it could not read again. */
const holdsUnread = ({ outputs }: RunCommit): boolean =>
  outputs.some(({ name, receipts }) => name === stillUnreadName && receipts.some(({ rows }) => rows > 0));

const schemasOf = ({ outputs }: RunCommit, names: ReadonlySet<string>): Readonly<Record<string, Schema>> =>
  Object.fromEntries(outputs.flatMap(({ name, schema }) => (names.has(name) ? [[name, schema]] : [])));

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
