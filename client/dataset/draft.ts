import type { PlanNode } from '../../shared/plan/node.ts';
import type { DatasetNode } from '../../shared/plan/nodes/dataset.ts';
import type { FunctionRef } from '../../shared/stage/function-step.ts';
import type { LocalSource } from '../upload/source.ts';
import type { LocalFunction } from './local-function.ts';

/**
 * A logical plan that is not sent yet: what only this process holds (functions, datasets) is still in it by reference.
 * An action resolves it to a plan; until then nothing is bundled, uploaded or read.
 */
export type Draft = (resolver: Resolver) => Promise<PlanNode>;

/** Turns what this process holds into what the cluster holds, once per action and thing. */
export interface Resolver {
  uploadDataset(source: LocalSource): Promise<DatasetNode>;
  bundleFunction(local: LocalFunction): Promise<FunctionRef>;
}

/** A plan that is complete as it is. */
export const constant =
  (node: PlanNode): Draft =>
  () =>
    Promise.resolve(node);

/** A plan made of another. */
export const over =
  (input: Draft, build: (input: PlanNode) => PlanNode): Draft =>
  async (resolver) =>
    build(await input(resolver));
