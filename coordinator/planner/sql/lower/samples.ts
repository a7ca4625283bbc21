import type { PlanNode } from '../../../../shared/plan/node.ts';
import { type AstNode, type AstValue, find, isNode } from '../../../../shared/sql/ast.ts';
import { NotDistributed } from './names/names.ts';

/**
 * Whether a sample is a share of the rows, taken row by row or block by block without a seed: each task may take it of its
 * own rows. With a seed DuckDB answers the same each time, for its own order of rows.
 */
export const isShare = (sample: AstValue | undefined): boolean =>
  isNode(sample) && sample.is_percentage === true && sample.method !== 'Reservoir' && Number(sample.seed) < 0;

/** Whether a query takes a sample that another run would take otherwise. */
export const takesSample = (tree: AstNode): boolean =>
  find(tree, ({ sample }) => isNode(sample) && Number(sample.seed) < 0).length > 0;

/** The name of the relation that a sample of blocks is taken of: there it goes no further. */
export const sampledName = 'rows of a sample';

/**
 * A share of a plan's rows.
 *
 * @throws NotDistributed for a number of rows, or one chosen by a seed
 */
export function sampled(plan: PlanNode, sample: AstNode): PlanNode {
  if (!isShare(sample))
    throw new NotDistributed(
      Number(sample.seed) < 0 ? 'it takes a sample of so many rows' : 'it takes a sample by a seed',
    );
  const percent = shareOf(sample);
  if (sample.method === 'Bernoulli') return { kind: 'filter', input: plan, predicate: `random() * 100 < ${percent}` };
  const text = `SELECT * FROM "${sampledName}" TABLESAMPLE ${String(sample.method)}(${percent} PERCENT)`;
  return { kind: 'sql', text, relations: [{ name: sampledName, plan }] };
}

const shareOf = ({ sample_size: size }: AstNode): number => {
  const share = isNode(size) ? Number(size.value) : Number.NaN;
  if (Number.isFinite(share)) return share;
  throw new NotDistributed('its sample is of another form');
};
