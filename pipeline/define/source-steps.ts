import type { Resolver } from '../../client/dataset/draft.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { ExtractNode } from '../../shared/plan/nodes/extract.ts';
import { sourceStepName } from '../compile/extracted.ts';
import type { SourceDocument } from '../records/document.ts';
import type { Source, SourceFrom } from '../source.ts';

/** @param resolver sends rows that only this program holds */
export async function sourceDocument(source: Source, resolver: Resolver): Promise<SourceDocument> {
  const { from, incremental, cursorColumn } = source;
  const more = cursorColumn === undefined ? {} : { cursorColumn };
  if (from.kind === 'rows') return { node: await resolver.uploadDataset(from.rows), incremental, ...more };
  if (from.kind === 'files') return { node: from.scan, incremental, ...more };
  return { node: extractNode(from), incremental, ...more };
}

const extractNode = ({ connector, options, schema }: Connected): ExtractNode => ({
  kind: 'extract',
  connector,
  options,
  provenance: true,
  ...(schema === undefined ? {} : { schema }),
});

type Connected = Extract<SourceFrom, { kind: 'connector' }>;

/** A source as `transform` reads it: a step by the source's name, whose rows the run puts in its place. */
export const sourceStep = async (name: string, source: Source, resolver: Resolver): Promise<PlanNode> => ({
  kind: 'step',
  name: sourceStepName(name),
  input: (await sourceDocument(source, resolver)).node,
});
