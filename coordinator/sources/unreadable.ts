import { SheafError } from '../../shared/errors.ts';

/**
 * What a reader says of a file that was listed: gone since, or not to be read, told without the SQL that looked into
 * it, which is ours. Nothing where it is there and may be read: then what is in it is wrong.
 */
export function unreadable(path: string, error: SheafError): SheafError | undefined {
  const more = { cause: error, details: { file: path } };
  if (error.code === 'FILE_NOT_FOUND')
    return new SheafError(
      'FILE_NOT_FOUND',
      `${path} was there when it was listed, and was removed before it was looked into`,
      {
        ...more,
        next: 'Run the question again: it lists the files anew.',
      },
    );
  if (error.code !== 'PERMISSION_DENIED') return undefined;
  return new SheafError('PERMISSION_DENIED', `The coordinator may not read ${path}`, {
    ...more,
    next: 'Let the user that runs the coordinator and the workers read it.',
  });
}

/** DuckDB's message without its last lines: a piece of our SQL, with a caret below. */
export const withoutPlace = ({ message }: SheafError): string => message.replace(/\n+LINE \d+: [^\n]*\n *\^\s*$/, '');
