import type { LoadOutput } from '../../shared/plan/nodes/load.ts';
import type { PipelineDocument } from '../records/document.ts';
import type { Compile, CompiledOutput } from './compiled.ts';
import { countsOf } from './counts.ts';
import { type Extracted, extracted } from './extracted.ts';
import { type Judged, judged } from './judged.ts';
import { fillParams } from './params.ts';
import { keptRejects } from './quarantine.ts';
import { paramValues } from './run-values.ts';

/**
 * The plan of a run. Pure. Each source is read once; every output is judged by its rules; good rows go to its sink,
 * rejected ones to the quarantine, and what was counted to a small output beside it.
 *
 * @throws SheafError `PIPELINE_INVALID` for parameters that do not fit
 */
export const compile: Compile = (input) => {
  const document = fillParams(input.document, paramValues(input));
  const sources = Object.entries(document.sources).map(([name, source]) =>
    extracted(name, source, input.cursors[name]),
  );
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
