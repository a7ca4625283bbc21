import type { Step } from '../../shared/stage/step.ts';
import type { TaskContext } from './context.ts';
import { callFunction } from './function-step.ts';
import type { Relation } from './relation.ts';
import { querySql } from './sql-step.ts';

/** Runs a step over the one before it. */
export async function runStep(step: Step, previous: Relation | undefined, context: TaskContext): Promise<Relation> {
  if (step.kind === 'sql') return querySql(step.sql, previous, context);
  if (!previous) throw new TypeError(`A ${step.kind} step follows a SQL step`);
  if (step.kind === 'load') return await (await import('../connectors/load.ts')).loadRows(step, previous, context);
  if (step.kind === 'reread') return (await import('../connectors/reread.ts')).rereadRows(step, previous, context);
  return await callFunction(step, previous, context);
}
