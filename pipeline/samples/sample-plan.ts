import { resolve } from 'node:path';
import { SheafError } from '../../shared/errors.ts';
import { didYouMean } from '../../shared/nearest.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { LoadNode } from '../../shared/plan/nodes/load.ts';
import type { CompiledRun } from '../compile/compiled.ts';
import { compile } from '../compile/load-plan.ts';
import type { Sample } from '../pipeline.ts';
import type { PipelineDocument, SourceDocument } from '../records/document.ts';
import type { Row } from './compare.ts';

/** Makes rows that the sample gives a plan: by uploading them. */
export type Upload = (rows: readonly Row[], source: SourceDocument) => Promise<PlanNode>;

/**
 * The pipeline's plan over a sample: what it gives stands in place of the sources, and every sink keeps its rows for
 * the comparison.
 *
 * @param folder of the pipeline's file: paths in samples are relative to it
 * @throws SheafError `PIPELINE_INVALID` for sources that the pipeline does not have, or that the sample leaves out
 */
export async function samplePlan(
  document: PipelineDocument,
  sample: Sample,
  folder: string,
  upload: Upload,
): Promise<CompiledRun> {
  refuseStrangers(sample, Object.keys(document.sources));
  const sources: Record<string, SourceDocument> = {};
  for (const [name, source] of Object.entries(document.sources)) {
    const rows = sample.given[name];
    if (rows === undefined)
      throw wrong(sample, `gives nothing for the source ${name}`, 'Give rows, or the path of a file.');
    const node =
      typeof rows === 'string' ? ofFile(source.node, resolve(folder, rows), sample, name) : await upload(rows, source);
    sources[name] = { ...source, node, incremental: false };
  }
  const onReject =
    document.onReject.action === 'warn' ? document.onReject : { action: 'quarantine' as const, path: 'sample' };
  const run = compile({
    document: { ...document, sources, onReject },
    run: 'sample',
    params: sample.params ?? {},
    cursors: {},
    startedMs: Date.now(),
  });
  return { ...run, plan: kept(run.plan) };
}

function refuseStrangers(sample: Sample, sources: readonly string[]): void {
  const strange = Object.keys(sample.given).find((name) => !sources.includes(name));
  if (strange === undefined) return;
  const next = didYouMean(sources, strange) || `The sources are: ${sources.join(', ')}.`;
  throw wrong(sample, `gives rows for ${strange}, which is no source`, next);
}

const kept = (plan: LoadNode): LoadNode => ({
  ...plan,
  outputs: plan.outputs.map((output) => ({
    ...output,
    sink: { connector: 'collect', options: {}, prepared: null, single: true },
  })),
});

/** The source with its file in place of those that it reads. */
function ofFile(node: PlanNode, path: string, sample: Sample, name: string): PlanNode {
  if (node.kind === 'scan') return { ...node, paths: [path] };
  const options = node.kind === 'extract' ? node.options : null;
  if (node.kind === 'extract' && typeof options === 'object' && options !== null && 'paths' in options) {
    return { ...node, options: { ...options, paths: [path] } };
  }
  throw wrong(sample, `gives a file for the source ${name}, which reads no files`, 'Give its rows instead.');
}

const wrong = ({ name }: Sample, what: string, next: string): SheafError =>
  new SheafError('PIPELINE_INVALID', `The sample "${name}" ${what}`, { next });
