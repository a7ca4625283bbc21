import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { LoadOutput } from '../../shared/plan/nodes/load.ts';
import { quoteText } from '../../shared/sql/value.ts';
import { type PipelineDocument, quarantineSchema } from '../records/document.ts';
import type { CompileInput } from './compiled.ts';
import type { Extracted } from './extracted.ts';
import type { Judged } from './judged.ts';
import { sql } from './sql-node.ts';

/** The rejected rows of an output and of the sources given, if the policy keeps them. */
export function keptRejects(
  { output, isJudged, rows }: Judged,
  sources: readonly Extracted[],
  { name: pipeline, onReject }: PipelineDocument,
  input: CompileInput,
): LoadOutput | undefined {
  const parts = [
    ...sources.filter(({ hasProvenance }) => hasProvenance).map(ofSource),
    ...(isJudged ? [ofOutput(output.name, rows)] : []),
  ];
  if (onReject.action !== 'quarantine' || parts.length === 0) return undefined;
  const facts = { run: input.run, pipeline, at: new Date(input.startedMs).toISOString().replace('Z', '') };
  const relations = Object.fromEntries(parts.map(({ relation }, i) => [`q${i}`, relation]));
  const text = parts.map((part, i) => selectText(part, `q${i}`, facts)).join(' UNION ALL ');
  return {
    name: `rejects of ${output.name}`,
    input: sql(text, relations),
    sink: {
      connector: 'files',
      options: quarantineOptions(onReject.path, pipeline, input.run),
      prepared: null,
      single: false,
    },
  };
}

interface Part {
  readonly relation: PlanNode;
  readonly where: string;
  /** Of `quarantineSchema`, in SQL. */
  readonly columns: Readonly<Record<'output' | 'stage' | 'rule' | 'reason' | 'source' | 'position' | 'row', string>>;
}

const ofSource = ({ name, all }: Extracted): Part => ({
  relation: all,
  where: '"_rejected" IS NOT NULL',
  columns: {
    output: quoteText(name),
    stage: `'extract'`,
    rule: `'malformed'`,
    reason: '"_rejected"',
    source: '"_source"',
    position: '"_position"',
    row: '"_raw"',
  },
});

const ofOutput = (name: string, rows: PlanNode): Part => ({
  relation: rows,
  where: '"_rule" IS NOT NULL',
  columns: {
    output: quoteText(name),
    stage: `'validate'`,
    rule: '"_rule"',
    reason: '"_reason"',
    source: '"_source"',
    position: '"_position"',
    row: '"_row"',
  },
});

function selectText(
  { where, columns }: Part,
  relation: string,
  { run, pipeline, at }: { readonly run: string; readonly pipeline: string; readonly at: string },
): string {
  const values: Readonly<Record<string, string>> = {
    ...columns,
    run: quoteText(run),
    pipeline: quoteText(pipeline),
    rejected_at: quoteText(at),
  };
  const list = quarantineSchema.map(({ name, type }) => `${values[name] ?? 'NULL'}::${type} AS "${name}"`);
  return `SELECT ${list.join(', ')} FROM ${relation} WHERE ${where}`;
}

/**
 * Where a run's rejected rows lie, as the sink `files` takes it: one directory for each run, so that a replay finds
 * them.
 */
export function quarantineOptions(path: string | undefined, pipeline: string, run: string): Json {
  if (path === undefined) {
    throw new SheafError('PIPELINE_INVALID', `The quarantine of ${pipeline} has no path`, {
      next: `Name a directory or an s3:// prefix: quarantine('s3://logs/rejects').`,
    });
  }
  return { path: `${path.replace(/\/+$/, '')}/${pipeline}/${run}`, format: 'parquet', mode: 'append' };
}
