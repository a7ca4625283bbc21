import { Dataset } from '../../client/dataset/dataset.ts';
import type { Draft } from '../../client/dataset/draft.ts';
import { callSite } from '../../client/functions/call-site.ts';
import { SqlFunction } from '../../client/functions/sql-function.ts';
import { sqlPlan } from '../../client/sql/plan.ts';
import { fillTemplate, type Spliced } from '../../client/sql/template.ts';
import { paramText } from '../compile/params.ts';
import { isParamRef, type ParamRef, param } from '../references.ts';
import type { StepFunction, StepSql, TransformTools } from '../types.ts';
import { definitionSession } from './session.ts';

/** A relation of a definition. */
export const stepDataset = (draft: Draft, names?: readonly string[]): Dataset =>
  new Dataset(definitionSession, draft, names);

/**
 * The template function of `transform`: datasets become tables, values parameters, and parameters of the run stay open.
 */
const stepSql: StepSql = (strings: TemplateStringsArray, ...values: readonly unknown[]) => {
  const spliced = values.map((value) => (isParamRef(value) ? paramText(value.$param) : value)) as Spliced[];
  return stepDataset(sqlPlan(fillTemplate(strings, spliced, definitionSession))) as never;
};

const stepFunction: StepFunction = (name, call, options) => {
  const { params, packages } = options;
  const site = { ...callSite('fn', stepFunction), argument: 1 };
  const local = { call, site, mode: 'fn', params, packages } as const;
  return new SqlFunction(name, 'rows', local, options);
};

/** What `transform` is given beside the sources. */
export const transformTools: TransformTools = {
  sql: stepSql,
  fn: stepFunction,
  params: new Proxy({} as Record<string, ParamRef>, { get: (_, name) => param(String(name)) }),
};
