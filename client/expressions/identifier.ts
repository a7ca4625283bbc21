import { SheafError } from '../../shared/errors.ts';
import { quotedName } from '../../shared/sql/text.ts';

/**
 * A name as a quoted SQL identifier: whatever stands in it is part of the name and has no effect as SQL.
 *
 * @throws SheafError `PLAN_INVALID` for names that no column can have
 */
export function quoteName(name: string): string {
  if (name === '' || name.includes('\0') || !name.isWellFormed())
    throw new SheafError('PLAN_INVALID', `${JSON.stringify(name)} cannot be a column name`, {
      next: 'Give a name of at least one character, without NUL and without half surrogate pairs.',
    });
  return quotedName(name);
}
