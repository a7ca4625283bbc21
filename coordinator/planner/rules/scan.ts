import { basename } from 'node:path/posix';
import { extractOf } from '../bind/pipeline.ts';
import { sourceOf } from '../bind/source.ts';
import { type BoundOf, inputOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import type { Build } from '../stages/build.ts';
import { closeQuery, type Fragment, type Size } from '../stages/fragment.ts';
import { pack, packSplits, taskCount } from '../stages/pack.ts';
import { queryOf } from '../stages/query.ts';

/** Files: neighbouring splits are packed into tasks by what they hold of the columns that are read. */
export function planScan(bound: BoundOf<'scan'>, build: Build): Fragment {
  const {
    operator: { scan },
    schema,
  } = bound;
  const source = sourceOf(scan, build.context);
  const { rows, bytes } = scanSize(bound, build.context);
  const splits = bound.operator.splits ?? source.splits;
  const perTask = packSplits(splits, taskCount(bytes, build.context, splits.length));
  const name = build.inputName();
  build.scans.set(name, { source, splits, share: schema.length / Math.max(1, source.schema.length) });
  const origins = new Map(schema.map((column) => [column.name.toLowerCase(), { input: name, column }]));
  return {
    inputs: [{ kind: 'splits', name, schema, perTask }],
    steps: [],
    query: queryOf(name),
    schema,
    tasks: perTask.length,
    labels: [`scan ${fileLabel(scan.paths)}`],
    notes: splits === source.splits ? [] : [prunedNote(splits.length, source.splits.length, scan.paths)],
    traits: { deterministic: true, ordered: true, rowwise: true, origins },
    size: { rows, bytes },
  };
}

/** What a scan reads of its files. */
export function scanSize({ operator, schema }: BoundOf<'scan'>, context: PlanContext): Size {
  const { scan } = operator;
  const source = sourceOf(scan, context);
  const { splits = source.splits } = operator;
  // Text is read whole whatever is asked of it; of a columnar file only the columns asked for.
  const share = scan.format === 'parquet' ? schema.length / Math.max(1, source.schema.length) : 1;
  return {
    rows: splits.reduce((sum, split) => sum + split.rows, 0),
    bytes: share * splits.reduce((sum, split) => sum + split.bytes, 0),
  };
}

const prunedNote = (kept: number, all: number, paths: readonly string[]): string =>
  `${kept} of ${all} row groups of ${fileLabel(paths)}: the statistics of the others rule out that a row of them is wanted`;

/** A relation without rows. */
export function planEmpty({ schema }: BoundOf<'empty'>, build: Build): Fragment {
  const name = build.inputName();
  return {
    inputs: [{ kind: 'splits', name, schema, perTask: [[]] }],
    steps: [],
    query: queryOf(name),
    schema,
    tasks: 1,
    labels: ['nothing'],
    notes: ['no row can match here'],
    traits: { deterministic: true, ordered: true, rowwise: true },
    size: { rows: 0, bytes: 0 },
  };
}

function fileLabel(paths: readonly string[]): string {
  const [first = '', ...more] = paths;
  return more.length === 0 ? basename(first) : `${basename(first)} and ${more.length} more`;
}

/** A dataset that a client uploaded: its segments are dealt out in order. */
export function planDataset({ operator: { id }, schema }: BoundOf<'dataset'>, build: Build): Fragment {
  const segments = (build.context.datasets[id] ?? []).map((size, number) => ({ ...size, number }));
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const runs = pack(segments, (segment) => segment.bytes, taskCount(bytes, build.context, segments.length));
  const perTask = runs.map((run) => ({ from: run[0]?.number ?? 0, to: (run.at(-1)?.number ?? -1) + 1 }));
  const name = build.inputName();
  return {
    inputs: [{ kind: 'dataset', name, schema, dataset: id, perTask }],
    steps: [],
    query: queryOf(name),
    schema,
    tasks: perTask.length,
    labels: ['dataset'],
    notes: [],
    traits: { deterministic: true, ordered: true, rowwise: true },
    size: { rows, bytes },
  };
}

/**
 * Pieces of a connector's listing, neighbours packed into tasks. What another reading may read otherwise is not
 * repeated.
 */
export function planExtract(bound: BoundOf<'extract'>, build: Build): Fragment {
  if (bound.inputs.length > 0) return planReread(bound, build);
  const {
    operator: { extract },
    schema,
  } = bound;
  const { pieces, deterministic } = extractOf(extract, build.context);
  const { connector, options } = extract;
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  const rows = pieces.reduce((sum, piece) => sum + piece.rows, 0);
  // Pieces whose size nobody knows count as one each, and are spread over all slots.
  const tasks = bytes === 0 ? Math.max(1, build.context.slots) : taskCount(bytes, build.context, pieces.length);
  const weigh = bytes === 0 ? () => 1 : ({ bytes }: { readonly bytes: number }) => bytes;
  const perTask = pack(pieces, weigh, tasks).map((run) => run.map(({ piece }) => piece));
  const name = build.inputName();
  return {
    inputs: [{ kind: 'extract', name, schema, source: { connector, options }, perTask }],
    steps: [],
    query: queryOf(name),
    schema,
    tasks: perTask.length,
    labels: [`extract ${connector}`],
    notes: [],
    traits: { deterministic, ordered: deterministic, rowwise: true },
    size: { rows, bytes },
  };
}

/** What could not be read before, through the connector again, where these rows are. */
function planReread(bound: BoundOf<'extract'>, build: Build): Fragment {
  const { extract } = bound.operator;
  const { connector, options } = extract;
  const { schema: columns } = extractOf(extract, build.context);
  const { schema } = bound;
  const rows = closeQuery(build.plan(inputOf(bound)));
  const step = { kind: 'reread', source: { connector, options }, columns, schema } as const;
  return { ...rows, steps: [...rows.steps, step], schema, labels: [...rows.labels, `read again ${connector}`] };
}
