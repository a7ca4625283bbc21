import { Dataset } from '../../client/dataset/dataset.ts';
import type { Draft, Resolver } from '../../client/dataset/draft.ts';
import type { Session } from '../../client/session/session.ts';
import { sourceOf } from '../../client/upload/source.ts';
import { type ErrorData, SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { LoadReceipt } from '../../shared/plan/nodes/load.ts';
import type { CompiledRun } from '../compile/compiled.ts';
import { documentOf, onlyOutput } from '../define/document.ts';
import type { Pipeline, Sample } from '../pipeline.ts';
import { type Difference, difference, isSame, type Row } from './compare.ts';
import { asText, typed } from './given-rows.ts';
import { samplePlan, type Upload } from './sample-plan.ts';

/** How a sample went. */
export interface SampleResult {
  readonly name: string;
  readonly passed: boolean;
  /** By relation, and `rejected`: where it differs from what was expected. */
  readonly differences: Readonly<Record<string, Difference>>;
  readonly error?: ErrorData;
}

/**
 * Runs a pipeline's samples on a cluster, one after the other. Nothing is loaded anywhere.
 *
 * @param folder of the pipeline's file
 */
export async function* runSamples(session: Session, pipeline: Pipeline, folder: string): AsyncGenerator<SampleResult> {
  for (const sample of pipeline.spec.samples ?? []) {
    try {
      yield await runSample(session, pipeline, sample, folder);
    } catch (thrown) {
      yield { name: sample.name, passed: false, differences: {}, error: SheafError.from(thrown).toData() };
    }
  }
}

async function runSample(session: Session, pipeline: Pipeline, sample: Sample, folder: string): Promise<SampleResult> {
  let compiled: CompiledRun | undefined;
  const draft: Draft = async (resolver: Resolver) => {
    const document = await documentOf(pipeline, resolver);
    compiled = await samplePlan(document, sample, folder, uploader(session, resolver));
    return compiled.plan;
  };
  const outputs = await outputsOf(session, draft, pipeline.name);
  const differences = differencesOf(sample, compiled as CompiledRun | undefined, outputs);
  return { name: sample.name, passed: Object.values(differences).every(isSame), differences };
}

const uploader =
  (session: Session, resolver: Resolver): Upload =>
  async (rows, { node }) => {
    const schema = node.kind === 'extract' ? node.schema : node.kind === 'scan' ? node.options.schema : undefined;
    if (schema === undefined) return await resolver.uploadDataset(sourceOf(rows, undefined, session.config));
    const text = Object.fromEntries(schema.map(({ name }) => [name, 'VARCHAR']));
    return typed(await resolver.uploadDataset(sourceOf(asText(rows, schema), text, session.config)), schema);
  };

interface Receipt {
  readonly output: string;
  readonly receipt: string;
}

/** Rows that came to each output of the plan. */
async function outputsOf(
  session: Session,
  draft: Draft,
  name: string,
): Promise<Readonly<Record<string, readonly Row[]>>> {
  const outputs: Record<string, Row[]> = {};
  for await (const row of new Dataset(session, draft).rows({ name: `test ${name}` })) {
    const { output, receipt } = row as unknown as Receipt;
    const { detail } = JSON.parse(receipt) as LoadReceipt;
    const { rows = [] } = (detail ?? {}) as { readonly rows?: readonly Row[] };
    outputs[output] = [...(outputs[output] ?? []), ...rows];
  }
  return outputs;
}

function differencesOf(
  { loaded = {}, rejected = [] }: Sample,
  compiled: CompiledRun | undefined,
  outputs: Readonly<Record<string, readonly Row[]>>,
): Readonly<Record<string, Difference>> {
  const names = compiled?.outputs ?? [];
  const strange = Object.keys(loaded).find((name) => !names.some((output) => output.name === name));
  if (strange !== undefined) {
    throw new SheafError('PIPELINE_INVALID', `A sample expects rows of ${strange}, which the pipeline does not load`, {
      next: `It loads: ${names.map(({ name }) => (name === onlyOutput ? `${name} (its only relation)` : name)).join(', ')}.`,
    });
  }
  const rejects = names.flatMap(({ quarantine }) => (quarantine === undefined ? [] : (outputs[quarantine] ?? [])));
  const differences = Object.entries(loaded).map(
    ([name, rows]) => [name, difference(outputs[name] ?? [], rows)] as const,
  );
  return { ...Object.fromEntries(differences), rejected: difference(rejects.map(withItsColumns), rejected) };
}

/** A rejected row, with the columns that it had. */
function withItsColumns(reject: Row): Row {
  const { row, stage } = reject;
  const own =
    stage === 'validate' && typeof row === 'string' ? (JSON.parse(row) as Readonly<Record<string, Json>>) : {};
  return { ...own, ...reject };
}
