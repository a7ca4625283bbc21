import type { Json } from '../../shared/json.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import { provenanceColumns } from '../../shared/plan/nodes/extract.ts';
import type { SourceDocument } from '../records/document.ts';
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

/** The name of the step that stands for a source in a document's plans. */
export const sourceStepName = (source: string): string => `source ${source}`;

/** A source's rows from its cursor on. */
export function extracted(name: string, source: SourceDocument, cursor: Json | undefined): Extracted {
  const { cursorColumn } = source;
  const node = withCursor(source, cursor);
  const all: PlanNode = { kind: 'step', name: sourceStepName(name), input: node };
  const facts = { name, all, ...(cursorColumn === undefined ? {} : { cursorColumn }) };
  if (node.kind !== 'extract') return { ...facts, hasProvenance: false, good: all };
  const hidden = listed(provenanceColumns.map((column) => column.name));
  const good = sql(`SELECT * EXCLUDE (${hidden}) FROM extracted WHERE "_rejected" IS NULL`, { extracted: all });
  return { ...facts, hasProvenance: true, good };
}

/** Only what is new is read, if the source is to be read so. */
function withCursor({ node, incremental }: SourceDocument, cursor: Json | undefined): PlanNode {
  if (!incremental) return node;
  if (node.kind === 'scan') return { ...node, since: cursor ?? null };
  return node.kind === 'extract' && cursor !== undefined ? { ...node, cursor } : node;
}
