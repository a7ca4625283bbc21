import type { PlanNode } from '../../shared/plan/node.ts';
import { verdictColumns } from '../../shared/plan/nodes/judge.ts';
import type { OutputDocument, PipelineDocument } from '../records/document.ts';
import { type Extracted, sourceStepName } from './extracted.ts';
import { mapSteps } from './map-steps.ts';
import { isRowOrKey } from './rule-kinds.ts';
import { listed, sql } from './sql-node.ts';

/** An output's rows, with the verdict on each if there is anything to judge. */
export interface Judged {
  readonly output: OutputDocument;
  readonly isJudged: boolean;
  readonly rows: PlanNode;
  readonly good: PlanNode;
}

/** An output's rows come to its rules. */
export function judged(output: OutputDocument, sources: readonly Extracted[], { onReject }: PipelineDocument): Judged {
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
