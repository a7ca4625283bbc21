import { type PlanNode, type PlanVisitor, visit } from '../../shared/plan/node.ts';
import type { ScanNode } from '../../shared/plan/nodes/scan.ts';
import { inputsOf } from '../../shared/plan/walk.ts';
import type { Dialect } from './dialect.ts';
import { fillParameters } from './sql/parameters.ts';
import { relationsByName, tableReferences } from './sql/table-references.ts';

/**
 * All scans of a plan, those that SQL text names too.
 *
 * @throws SheafError `SQL_INVALID` for SQL text
 */
export const scansOf = (plan: PlanNode, dialect: Dialect): ScanNode[] => visit(plan, finders, dialect);

const below = ({ input }: { readonly input: PlanNode }, dialect: Dialect): ScanNode[] => scansOf(input, dialect);

const finders: PlanVisitor<ScanNode[], Dialect> = {
  scan: (node) => [node],
  dataset: () => [],
  extract: ({ reread }, dialect) => (reread ? scansOf(reread, dialect) : []),
  sql: (node, dialect) => {
    const references = tableReferences(fillParameters(node, dialect).tree, relationsByName(node.relations));
    return references.flatMap(({ plan }) => scansOf(plan, dialect));
  },
  filter: below,
  project: below,
  extend: below,
  call: below,
  aggregate: below,
  distinct: below,
  sort: below,
  limit: below,
  repartition: below,
  window: below,
  write: below,
  step: below,
  judge: (node, dialect) => inputsOf(node).flatMap((input) => scansOf(input, dialect)),
  load: ({ outputs }, dialect) => outputs.flatMap(({ input }) => scansOf(input, dialect)),
  join: ({ left, right }, dialect) => [...scansOf(left, dialect), ...scansOf(right, dialect)],
  union: ({ inputs }, dialect) => inputs.flatMap((input) => scansOf(input, dialect)),
};
