import { createHash } from 'node:crypto';
import { Dataset } from '../../client/dataset/dataset.ts';
import type { Resolver } from '../../client/dataset/draft.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import { isSecretRef, type SecretRef } from '../../shared/secrets.ts';
import { type Duration, durationMs } from '../duration.ts';
import type { Pipeline, PipelineSpec } from '../pipeline.ts';
import type { OutputDocument, ParamSpec, PipelineDocument, Schedule, SourceDocument } from '../records/document.ts';
import { DueTimes } from '../records/due-times.ts';
import type { Rule as RuleDraft } from '../rules.ts';
import type { Sink } from '../sink.ts';
import type { Source } from '../source.ts';
import type { Extract, Transformed } from '../types.ts';
import { resolvedRules } from './rules.ts';
import { sourceDocument, sourceStep } from './source-steps.ts';
import { shareSteps } from './steps.ts';
import { stepDataset, transformTools } from './tools.ts';

/** What the only source, and the only relation, are called. */
const onlySource = 'extract';
/** What the output of a pipeline with a single one is called. */
export const onlyOutput = 'load';

type Spec = PipelineSpec<Extract, Transformed, string>;

/**
 * A definition as plain data. The functions in it are bundled and put where the cluster finds them, by the resolver.
 *
 * @throws SheafError `PIPELINE_INVALID`, and what bundling throws
 */
export async function documentOf({ name, spec }: Pipeline, resolver: Resolver): Promise<PipelineDocument> {
  const sources = sourcesOf(spec);
  refuseHeldRows(spec, sources);
  const outputs = await outputsOf(spec, sources, resolver);
  const rest = {
    name,
    ...(spec.schedule === undefined ? {} : { schedule: scheduleOf(spec.schedule) }),
    params: paramsOf(spec),
    sources: await sourceDocuments(sources, resolver),
    outputs,
    onReject: spec.onReject ?? { action: 'fail' as const },
    retry: holdsRows(sources) ? { ...retryOf(spec.retry), attempts: 1 } : retryOf(spec.retry),
    ...(spec.onFailure === undefined ? {} : { onFailure: { url: webhookOf(spec.onFailure.webhook) } }),
  };
  return { ...rest, version: createHash('sha256').update(JSON.stringify(rest)).digest('hex') };
}

async function sourceDocuments(sources: Readonly<Record<string, Source>>, resolver: Resolver) {
  const documents: Record<string, SourceDocument> = {};
  for (const [name, source] of Object.entries(sources)) documents[name] = await sourceDocument(source, resolver);
  return documents;
}

/** They go with the run's job: another attempt would not find them. */
const holdsRows = (sources: Readonly<Record<string, Source>>): boolean =>
  Object.values(sources).some(({ from }) => from.kind === 'rows');

/** @throws SheafError `PIPELINE_INVALID` for a schedule over rows that only a program holds */
function refuseHeldRows({ schedule }: Spec, sources: Readonly<Record<string, Source>>): void {
  const held = Object.keys(sources).find((name) => sources[name]?.from.kind === 'rows');
  if (schedule === undefined || held === undefined) return;
  throw new SheafError('PIPELINE_INVALID', `The source ${held} is rows of this program, which no schedule can read`, {
    next: 'Leave the schedule out, or write the rows where the cluster sees them.',
  });
}

/** The sources of a pipeline by name; a single one is called {@link onlySource}. */
export const sourcesOf = ({ extract }: Spec): Readonly<Record<string, Source>> =>
  isSource(extract) ? { [onlySource]: extract } : extract;

const isSource = (extract: Extract): extract is Source => extract.kind === 'source';

async function outputsOf(
  spec: Spec,
  sources: Readonly<Record<string, Source>>,
  resolver: Resolver,
): Promise<OutputDocument[]> {
  const relations = relationsOf(spec, sources, resolver);
  const sinks = isSink(spec.load) ? { [onlyOutput]: spec.load } : (spec.load as Readonly<Record<string, Sink>>);
  const rules = rulesOf(spec.validate);
  refuseStrangers('load', Object.keys(sinks), relations);
  refuseStrangers('validate', Object.keys(rules), relations);
  const plans: Record<string, PlanNode> = {};
  for (const name of Object.keys(sinks)) plans[name] = await (relations[name] as Dataset).draft(resolver);
  const shared = shareSteps(plans);
  const documents: OutputDocument[] = [];
  for (const [name, { connector, options, single }] of Object.entries(sinks)) {
    documents.push({
      name,
      plan: shared[name] as PlanNode,
      rules: await resolvedRules(name, rules[name] ?? [], sources, resolver),
      sink: { connector, options, single },
    });
  }
  return documents;
}

/** What `transform` makes of the sources, by name of output. */
function relationsOf(
  { transform }: Spec,
  sources: Readonly<Record<string, Source>>,
  resolver: Resolver,
): Readonly<Record<string, Dataset>> {
  const inputs = Object.fromEntries(
    Object.entries(sources).map(([name, source]) => [name, stepDataset(() => sourceStep(name, source, resolver))]),
  );
  return named(transform ? transform({ ...inputs, ...transformTools } as never) : untransformed(inputs));
}

const isSink = (load: unknown): load is Sink => (load as Sink).kind === 'sink';
const named = (made: Transformed): Readonly<Record<string, Dataset>> =>
  made instanceof Dataset ? { [onlyOutput]: made } : (made as Readonly<Record<string, Dataset>>);
const untransformed = (inputs: Readonly<Record<string, Dataset>>): Transformed => inputs[onlySource] ?? inputs;

const rulesOf = (validate: Spec['validate']): Readonly<Record<string, readonly RuleDraft[]>> =>
  Array.isArray(validate)
    ? { [onlyOutput]: validate }
    : ((validate ?? {}) as Readonly<Record<string, readonly RuleDraft[]>>);

function refuseStrangers(part: string, names: readonly string[], relations: Readonly<Record<string, Dataset>>): void {
  const stranger = names.find((name) => !Object.hasOwn(relations, name));
  if (stranger === undefined) return;
  throw new SheafError('PIPELINE_INVALID', `\`${part}\` names ${stranger}, which \`transform\` does not make`, {
    next: `It makes: ${Object.keys(relations).join(', ')}.`,
  });
}

function scheduleOf(schedule: NonNullable<Spec['schedule']>): Schedule {
  const given = typeof schedule === 'string' ? { cron: schedule } : schedule;
  const whole = { timeZone: 'UTC', overlap: 'skip', catchUp: 'last', ...given } as const;
  new DueTimes(whole); // Throws for one that is none.
  return whole;
}

function retryOf({ attempts = 3, firstDelay = '10s', maxDelay = '10m' }: NonNullable<Spec['retry']> = {}) {
  return { attempts, firstDelayMs: durationMs(firstDelay), delayMsMax: durationMs(maxDelay satisfies Duration) };
}

function webhookOf(webhook: string | SecretRef): Json {
  if (isSecretRef(webhook) || /^https?:\/\/./.test(webhook)) return webhook as Json;
  throw new SheafError('PIPELINE_INVALID', `"${webhook}" is no address of a webhook`, {
    next: "Write webhook: 'https://…', or secret('NAME') for an address that nobody else is to know.",
  });
}

const paramsOf = ({ params = {} }: Spec): Readonly<Record<string, ParamSpec>> =>
  Object.fromEntries(
    Object.entries(params as Readonly<Record<string, string | ParamSpec>>).map(([name, spec]) => [
      name,
      typeof spec === 'string' ? { type: spec } : spec,
    ]),
  );
