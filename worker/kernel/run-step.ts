import { SheafError } from '../../shared/errors.ts';
import type { Step } from '../../shared/stage.ts';
import type { TaskContext } from './context.ts';
import { callFunction } from './function-step.ts';
import type { Relation } from './relation.ts';
import { querySql } from './sql-step.ts';

/** Runs a step over the one before it. */
export async function runStep(step: Step, previous: Relation | undefined, context: TaskContext): Promise<Relation> {
  if (step.kind === 'sql') return querySql(step.sql, previous, context);
  if (step.kind === 'load') throw new SheafError('NOT_SUPPORTED', 'This worker cannot load yet');
  if (!previous) throw new TypeError('A function step follows a SQL step');
  return await callFunction(step, previous, context);
}
