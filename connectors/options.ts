import type { z } from 'zod';
import { SheafError } from '../shared/errors.ts';

/**
 * Options of a connector, checked and typed. Messages name options, never values: these hold secrets by now.
 *
 * @param whose for example `source.postgres`
 * @throws SheafError `PLAN_INVALID` naming the option
 */
export function parseOptions<T extends z.ZodType>(schema: T, options: unknown, whose: string): z.output<T> {
  const read = schema.safeParse(options);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const option = issue?.path.join('.') ?? '';
  throw new SheafError(
    'PLAN_INVALID',
    `${whose}${option === '' ? '' : `, option ${option}`}: ${issue?.message ?? ''}`,
    {
      next: 'Correct the options; the page of the connector in the documentation lists them.',
    },
  );
}
