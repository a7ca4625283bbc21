import { mentions, quotedName } from '../../../shared/sql/text.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import { previousInput, type Step } from '../../../shared/stage/step.ts';

/** Whether the reader's text can stand behind that of the stage whose rows it reads by this name, and reads them no more often than they can be. */
export function canStandBehind(before: StageSpec, reader: StageSpec, input: string): boolean {
  const [step] = reader.steps;
  const isSelect = before.steps.length > 0 && step?.kind === 'sql' && step.sql.startsWith('SELECT ');
  return isSelect && (!comesOnce(before) || readsOnce(step.sql, input));
}

/** What functions and sources yield is there once, what is volatile is otherwise when it is made anew. */
const comesOnce = ({ inputs, steps, deterministic }: StageSpec): boolean =>
  !deterministic || inputs.some(({ kind }) => kind === 'extract') || steps.some(({ kind }) => kind !== 'sql');

/**
 * DuckDB may read an input anew wherever it is named, or is part of a common table expression that is, and for each
 * window over whole partitions, which it makes a join of the rows with their own groups.
 */
const readsOnce = (sql: string, input: string): boolean => mentions(sql, input) === 1 && !/\b(WITH|OVER)\b/i.test(sql);

/**
 * The steps over what the steps before them yield, under the name of the input that they read. SQL stands in their SQL, so
 * that DuckDB sees all of it at once, and rows do not pass through us between them.
 */
export function behind(before: readonly Step[], [step, ...rest]: readonly Step[], input: string): Step[] {
  if (step?.kind !== 'sql') throw new TypeError('only SQL stands behind other steps');
  const last = before.at(-1);
  const isSql = last?.kind === 'sql';
  const rows = isSql ? `${last.sql}\n` : `SELECT * FROM ${previousInput}`;
  const joined = { ...step, sql: `WITH ${quotedName(input)} AS (${rows}) ${step.sql}` };
  return [...(isSql ? before.slice(0, -1) : before), joined, ...rest];
}
