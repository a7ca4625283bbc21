import type { CompiledOutput } from '../../../pipeline/compile/compiled.ts';
import type { PipelineDocument } from '../../../pipeline/records/document.ts';
import type {
  CommitOutput,
  OutputSummary,
  RunCommit,
  RunSummary,
  SourceSummary,
} from '../../../pipeline/records/run.ts';
import { assert, type ErrorData } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import type { LoadReceipt } from '../../../shared/plan/nodes/load.ts';
import type { Schema } from '../../../shared/schema.ts';
import { Counts, type Receipts, totalOf } from './receipts.ts';
import { ruleSummaries, tooManyRejects, unmetRule } from './rules.ts';

/** What a listing said of a source. */
export interface ListedSource {
  readonly connector: string;
  readonly pieces: number;
  readonly first: readonly string[];
  /** As `Listing` says: where a next listing goes on. */
  readonly cursor?: Json;
}

/** A sink as it was prepared. */
export interface PreparedSink {
  /** In the plan. */
  readonly name: string;
  readonly connector: string;
  /** Secrets by name. */
  readonly options: Json;
  readonly schema: Schema;
  readonly prepared: Json;
}

/** A finished job, and what is known of its run. */
export interface LoadedRun {
  readonly document: PipelineDocument;
  readonly outputs: readonly CompiledOutput[];
  /** Outputs of the plan beside those of the document. */
  readonly also?: readonly string[];
  readonly sinks: readonly PreparedSink[];
  readonly receipts: Receipts;
  readonly sources: Readonly<Record<string, ListedSource>>;
  readonly cursorsBefore: Readonly<Record<string, Json>>;
  readonly startedMs: number;
  /** Backfills and replays move no cursor. */
  readonly movesCursors: boolean;
}

/** What becomes of a finished job: a load, or a refusal. */
export type Decision =
  | { readonly kind: 'commit'; readonly commit: RunCommit }
  | { readonly kind: 'refuse'; readonly error: ErrorData; readonly summary: RunSummary };

/** Whether what was staged is loaded, all of it or nothing. Pure. */
export function decide(run: LoadedRun): Decision {
  const cursors = cursorsAfter(run);
  const judged = run.outputs.map((output) => judge(output, run));
  const summary = { sources: sourceSummaries(run, cursors), outputs: judged.map((each) => each.summary) };
  const unreadable = summary.sources.map(({ name, rows, rejected }) =>
    tooManyRejects(run.document.onReject, { of: `source ${name}`, rows, rejected, rules: [] }),
  );
  const error = [...unreadable, ...judged.map((each) => each.error)].find((each) => each !== undefined);
  if (error) return { kind: 'refuse', error, summary };
  return { kind: 'commit', commit: { outputs: commitOutputs(run), cursors, summary } };
}

function judge(compiled: CompiledOutput, run: LoadedRun): { error: ErrorData | undefined; summary: OutputSummary } {
  const output = run.document.outputs.find(({ name }) => name === compiled.name);
  assert(output !== undefined, `the plan has an output ${compiled.name} that the document has not`);
  const { rows, bytes } = totalOf(run.receipts.get(compiled.target) ?? []);
  const counted = { counts: countsOf(compiled, run), loaded: rows, startedMs: run.startedMs };
  const rules = ruleSummaries(output, counted);
  const { onReject } = run.document;
  const { name } = output;
  const rejected = counted.counts.rejected('output', name);
  const rejects = { of: name, rows: counted.counts.rows('output', name), rejected, rules };
  return {
    error: tooManyRejects(onReject, rejects) ?? unmetRule(output, onReject, rules),
    summary: { name, connector: output.sink.connector, rows, rejected, bytes, rules, detail: null },
  };
}

const countsOf = ({ counts }: CompiledOutput, { receipts }: LoadedRun): Counts =>
  new Counts(receipts.get(counts) ?? []);

/** Loads first: a target that refuses its rows leaves nothing behind, not even quarantined rows. */
function commitOutputs({ outputs, also = [], sinks, receipts }: LoadedRun): CommitOutput[] {
  const names = [
    ...outputs.map(({ target }) => target),
    ...outputs.flatMap(({ quarantine }) => quarantine ?? []),
    ...also,
  ];
  return names.map((name) => {
    const sink = sinks.find((each) => each.name === name);
    assert(sink !== undefined, `the output ${name} was not prepared`);
    return { ...sink, receipts: receipts.get(name) ?? ([] as readonly LoadReceipt[]) };
  });
}

/** Of incremental sources, where the next run goes on. */
function cursorsAfter(run: LoadedRun): Record<string, Json> {
  if (!run.movesCursors) return {};
  const cursors: Record<string, Json> = {};
  for (const [name, { incremental }] of Object.entries(run.document.sources)) {
    const cursor = incremental ? cursorAfter(name, run) : undefined;
    if (cursor !== undefined) cursors[name] = cursor;
  }
  return cursors;
}

/** The listing's, or the greatest value that was read. Nothing new: it stays. */
const cursorAfter = (name: string, run: LoadedRun): Json | undefined =>
  run.sources[name]?.cursor ?? greatestRead(name, run) ?? run.cursorsBefore[name];

const greatestRead = (name: string, run: LoadedRun): string | undefined =>
  run.outputs
    .map((output) => countsOf(output, run).find('source', name)?.found)
    .find((found) => found !== undefined && found !== null) ?? undefined;

function sourceSummaries(run: LoadedRun, cursors: Readonly<Record<string, Json>>): SourceSummary[] {
  return Object.entries(run.document.sources).map(([name, { node }]) => {
    const { connector = node.kind, pieces = 0, first = [] } = run.sources[name] ?? {};
    const counts = run.outputs.map((output) => countsOf(output, run)).find((each) => each.find('source', name));
    const [before, after] = [run.cursorsBefore[name], cursors[name]];
    return {
      name,
      connector,
      rows: counts?.rows('source', name) ?? 0,
      rejected: counts?.rejected('source', name) ?? 0,
      pieces,
      first,
      ...(before === undefined ? {} : { cursorBefore: before }),
      ...(after === undefined ? {} : { cursorAfter: after }),
    };
  });
}
