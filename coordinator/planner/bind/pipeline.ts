import { SheafError } from '../../../shared/errors.ts';
import type { PlanNode, PlanOf } from '../../../shared/plan/node.ts';
import { provenanceColumns, unreadSchema } from '../../../shared/plan/nodes/extract.ts';
import { extractKey } from '../../../shared/plan/walk.ts';
import type { Schema } from '../../../shared/schema.ts';
import { receiptSchema } from '../../../shared/stage/load-step.ts';
import type { Bound, BoundOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import type { ResolvedExtract } from '../source.ts';
import { carry } from './carry.ts';

type BindPlan = (plan: PlanNode) => Bound;

/** What a connector's listing found out about a source before planning. */
export function extractOf(node: PlanOf<'extract'>, { extracts }: Pick<PlanContext, 'extracts'>): ResolvedExtract {
  const resolved = extracts?.[extractKey(node)];
  if (resolved !== undefined) return resolved;
  throw new SheafError('INTERNAL', `A source of ${node.connector} was not listed`);
}

/** Rows of a connector, as its listing says. @throws SheafError `PLAN_INVALID` */
export function bindExtract(extract: PlanOf<'extract'>, context: PlanContext, bindPlan: BindPlan): BoundOf<'extract'> {
  const { schema: own, deterministic } = extractOf(extract, context);
  const schema = extract.provenance ? [...own, ...provenanceColumns] : own;
  const inputs = extract.reread ? [unreadRows(bindPlan(extract.reread))] : [];
  return { operator: { kind: 'extract', extract, deterministic }, schema, inputs };
}

/** @throws SheafError `PLAN_INVALID` for rows that are not those of `unreadSchema` */
function unreadRows(bound: Bound): Bound {
  const textOf = (schema: Schema): string => schema.map(({ name, type }) => `${name} ${type}`).join(', ');
  const [given, wanted] = [textOf(bound.schema), textOf(unreadSchema)];
  if (given === wanted) return bound;
  throw new SheafError('PLAN_INVALID', `Rows to be read again have the columns (${given}), not (${wanted})`, {
    next: 'Select them so.',
  });
}

/** Each name is bound once. @throws SheafError `PLAN_INVALID` if two steps of one name are not the same */
export function bindStep({ name, input }: PlanOf<'step'>, context: PlanContext, bindPlan: BindPlan): BoundOf<'step'> {
  const steps = stepsOf(context);
  const text = JSON.stringify(input);
  const step = steps.get(name) ?? stepOf(text, bindPlan(input));
  steps.set(name, step);
  if (step.text !== text) throw twoSteps(name);
  return { operator: { kind: 'step', name, input: step.bound }, schema: step.schema, inputs: [] };
}

/** A plan that stands for what is bound already: a step of a name that is used nowhere else. */
export function boundStep(bound: Bound, context: PlanContext, label = 'rows read again'): PlanOf<'step'> {
  const steps = stepsOf(context);
  const name = steps.has(label) ? `${label} ${steps.size}` : label;
  const input: PlanNode = { kind: 'union', inputs: [] };
  steps.set(name, { text: JSON.stringify(input), bound, schema: bound.schema });
  return { kind: 'step', name, input };
}

/** It also holds where its rows came from, for those of its readers that ask. */
const stepOf = (text: string, bound: Bound): Known => ({ text, bound: carry(bound), schema: bound.schema });

interface Known {
  readonly text: string;
  readonly bound: Bound;
  /** What its readers see. */
  readonly schema: Schema;
}

/** Of one planning: what is planned as a whole is bound otherwise. */
function stepsOf({ sources, whole = false }: PlanContext): Map<string, Known> {
  const planning = plannings.get(sources) ?? { parts: new Map<string, Known>(), whole: new Map<string, Known>() };
  plannings.set(sources, planning);
  return whole ? planning.whole : planning.parts;
}

interface Planning {
  readonly parts: Map<string, Known>;
  readonly whole: Map<string, Known>;
}

/** By what all contexts of one planning share. */
const plannings = new WeakMap<PlanContext['sources'], Planning>();

const twoSteps = (name: string): SheafError =>
  new SheafError('PLAN_INVALID', `Two different steps of the plan are named ${name}`, {
    next: 'Give each its own name: steps of one name are the same rows.',
  });

/** @throws SheafError `PLAN_INVALID` for two outputs of one name */
export function bindLoad(load: PlanOf<'load'>, bindPlan: BindPlan): BoundOf<'load'> {
  const names = load.outputs.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new SheafError('PLAN_INVALID', `Two outputs are named ${twice}`, { next: 'Give each its own name.' });
  }
  const inputs = load.outputs.map(({ input }) => bindPlan(input));
  return { operator: { kind: 'load', load }, schema: receiptSchema, inputs };
}
