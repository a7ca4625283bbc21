import type { Json } from '../../shared/json.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import { provenanceColumns } from '../../shared/plan/nodes/extract.ts';
import { verdictColumns } from '../../shared/plan/nodes/judge.ts';
import type { LoadOutput } from '../../shared/plan/nodes/load.ts';
import type { Compile, CompiledOutput } from '../compiled.ts';
import type { OutputDocument, PipelineDocument, SourceDocument } from '../document.ts';
import { countsOf } from './counts.ts';
import { mapSteps } from './map-steps.ts';
import { fillParams } from './params.ts';
import { keptRejects } from './quarantine.ts';
import { isRowOrKey } from './rule-kinds.ts';
import { paramValues } from './run-values.ts';
import { listed, sql } from './sql-node.ts';

/** Rows as a source yields them, and those of them that could be read. */
export interface Extracted {
  readonly name: string;
  readonly all: PlanNode;
  /** Whether `all` tells where rows come from, and has those that could not be read. */
  readonly hasProvenance: boolean;
  readonly good: PlanNode;
  readonly cursorColumn?: string;
}

/** An output's rows, with the verdict on each if there is anything to judge. */
export interface Judged {
  readonly output: OutputDocument;
  readonly isJudged: boolean;
  readonly rows: PlanNode;
  readonly good: PlanNode;
}

/**
 * The plan of a run. Pure. Each source is read once; every output is judged by its rules; good rows go to its sink, rejected
 * ones to the quarantine, and what was counted to a small output beside it.
 *
 * @throws SheafError `PIPELINE_INVALID` for parameters that do not fit
 */
export const compile: Compile = (input) => {
  const document = fillParams(input.document, paramValues(input));
  const sources = Object.entries(document.sources).map(([name, source]) => {
    return extracted(name, withCursor(source, input.cursors[name]), source.cursorColumn);
  });
  const outputs = document.outputs.map((output) => judged(output, sources, document));
  const compiled = outputs.map((each, i) => outputOf(each, i === 0 ? sources : [], document, input));
  const plan = {
    kind: 'load' as const,
    run: input.run,
    pipeline: document.name,
    outputs: compiled.flatMap(({ nodes }) => nodes),
  };
  return { plan, outputs: compiled.map(({ compiled }) => compiled) };
};

/** Only what is new is read, if the source is to be read so. */
function withCursor({ node, incremental }: SourceDocument, cursor: Json | undefined): PlanNode {
  if (!incremental) return node;
  if (node.kind === 'scan') return { ...node, since: cursor ?? null };
  return node.kind === 'extract' && cursor !== undefined ? { ...node, cursor } : node;
}

/** The name of the step that stands for a source in a document's plans. */
export const sourceStepName = (source: string): string => `source ${source}`;

function extracted(name: string, node: PlanNode, cursorColumn: string | undefined): Extracted {
  const all: PlanNode = { kind: 'step', name: sourceStepName(name), input: node };
  const facts = { name, all, ...(cursorColumn === undefined ? {} : { cursorColumn }) };
  if (node.kind !== 'extract') return { ...facts, hasProvenance: false, good: all };
  const hidden = listed(provenanceColumns.map((column) => column.name));
  const good = sql(`SELECT * EXCLUDE (${hidden}) FROM extracted WHERE "_rejected" IS NULL`, { extracted: all });
  return { ...facts, hasProvenance: true, good };
}

function judged(output: OutputDocument, sources: readonly Extracted[], { onReject }: PipelineDocument): Judged {
  const input = withSources(output.plan, sources);
  const rules = output.rules.filter(isRowOrKey);
  if (output.rules.length === 0) return { output, isJudged: false, rows: input, good: input };
  const placed = rules.map((rule) =>
    rule.kind === 'foreignKey' ? { ...rule, plan: withSources(rule.plan, sources) } : rule,
  );
  const rows: PlanNode = {
    kind: 'step',
    name: `judged ${output.name}`,
    input: { kind: 'judge', input, rules: placed },
  };
  const kept = onReject.action === 'warn' ? '' : ' WHERE "_rule" IS NULL';
  const good = sql(`SELECT * EXCLUDE (${listed(verdictColumns)}) FROM judged${kept}`, { judged: rows });
  return { output, isJudged: true, rows, good };
}

/** The run's rows in place of the document's sources. */
const withSources = (plan: PlanNode, sources: readonly Extracted[]): PlanNode =>
  mapSteps(plan, ({ name }) => sources.find((source) => sourceStepName(source.name) === name)?.good);

function outputOf(
  each: Judged,
  sources: readonly Extracted[],
  document: PipelineDocument,
  input: Parameters<Compile>[0],
): { readonly nodes: readonly LoadOutput[]; readonly compiled: CompiledOutput } {
  const { name, sink } = each.output;
  const target: LoadOutput = { name, input: each.good, sink: { ...sink, prepared: null } };
  const counts = countsOf(each, sources);
  const quarantine = keptRejects(each, sources, document, input);
  const nodes = [target, counts, ...(quarantine ? [quarantine] : [])];
  const more = quarantine ? { quarantine: quarantine.name } : {};
  return { nodes, compiled: { name, target: name, counts: counts.name, ...more } };
}
