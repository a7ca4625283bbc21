import { quotedName } from '../../../shared/sql/text.ts';
import { previousInput, type Step } from '../../../shared/stage/step.ts';

/** Whether the steps' text can stand behind that of the steps before it, and begins with something to stand behind. */
export const canStandBehind = (before: readonly Step[], [step]: readonly Step[]): boolean =>
  before.length > 0 && step?.kind === 'sql' && step.sql.startsWith('SELECT ');

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
