import type { Config } from '../../../shared/config/config.ts';
import { assert, SheafError } from '../../../shared/errors.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import type { SqlNode } from '../../../shared/plan/nodes/sql.ts';
import { type FoundValues, type PivotLookup, withPivotValues } from '../../planner/sql/pivots/lookups.ts';
import type { PlanningReply } from './planning-protocol.ts';

type Planned = Extract<PlanningReply, { kind: 'planned' }>;

/** What {@link planWithPivots} works with. */
export interface PivotParts {
  /** Asks the planner for a plan with what is known so far. */
  readonly ask: (plan: PlanNode) => Promise<Exclude<PlanningReply, { kind: 'refused' }>>;
  /** The rows of a plan of one column. */
  readonly lookUp: (plan: SqlNode) => Promise<readonly string[]>;
  readonly config: Pick<Config, 'pivotValuesMax' | 'pivotRoundsMax'>;
}

/**
 * Plans a question whose PIVOTs may name no values: these are asked for first, in jobs of their own, inner PIVOTs
 * before outer ones, then the question is planned with them. Files that change in between would have values without a
 * column: then it begins anew.
 *
 * @throws SheafError `QUOTA_EXCEEDED` for too many values, `FILE_CHANGED` if the files never rest, and what the lookups
 * fail with
 */
export async function planWithPivots(plan: PlanNode, parts: PivotParts): Promise<Planned> {
  const { pivotRoundsMax } = parts.config;
  for (let round = 0; round < pivotRoundsMax; round++) {
    let reply = await parts.ask(plan);
    const { snapshot } = reply;
    const found: Found[] = [];
    for (let known = plan; reply.kind === 'unknown' && reply.snapshot === snapshot; reply = await parts.ask(known)) {
      const values = await Promise.all(reply.lookups.map((lookup) => find(lookup, parts)));
      found.push(...values);
      const filled = withPivotValues(known, values);
      assert(JSON.stringify(filled) !== JSON.stringify(known), 'what was looked up is known then');
      known = filled;
    }
    if (reply.kind === 'planned' && reply.snapshot === snapshot) return explained(reply, found);
  }
  throw new SheafError('FILE_CHANGED', 'The files of a PIVOT change faster than its values are looked up', {
    next: "Name the values (ON column IN ('a', 'b')), or ask again when the files rest.",
  });
}

interface Found extends FoundValues {
  readonly plan: SqlNode;
}

/** What is shown to people begins with what was asked before. */
function explained(reply: Planned, found: readonly Found[]): Planned {
  if (reply.text === undefined || found.length === 0) return reply;
  const lines = found.map(({ values, plan }) => `before: ${values.length} values of a PIVOT, by ${plan.text}\n`);
  return { ...reply, text: `${lines.join('')}${reply.text}` };
}

/** Each value once, the first of equal ones. */
async function find({ node, at, plan }: PivotLookup, { lookUp, config }: PivotParts): Promise<Found> {
  const values = [...new Set(await lookUp(plan))];
  if (values.length > config.pivotValuesMax) throw tooMany(config.pivotValuesMax);
  return { node, at, plan, values };
}

const tooMany = (valuesMax: number): SheafError =>
  new SheafError('QUOTA_EXCEEDED', `Pivot column limit of ${valuesMax} exceeded`, {
    next: 'Name the values that are wanted (ON column IN (…)), pivot on fewer, or raise pivotValuesMax.',
  });
