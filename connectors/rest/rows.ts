import { SheafError } from '../../shared/errors.ts';
import { at } from './paths.ts';

/**
 * The rows of an answer: what the path leads to, or the answer itself, or the only list in it.
 *
 * @param place for messages
 * @throws SheafError `SOURCE_FAILED` if there is no such list
 */
export function rowsOf(answer: unknown, path: string | undefined, place: string): readonly unknown[] {
  const found = path === undefined ? guessed(answer) : at(answer, path);
  if (Array.isArray(found)) return found;
  const seen =
    typeof answer === 'object' && answer !== null ? Object.keys(answer).slice(0, 20).join(', ') : typeof answer;
  throw new SheafError(
    'SOURCE_FAILED',
    `${place} answers with no list of rows${path === undefined ? '' : ` at ${path}`}`,
    {
      next: `Say where they are: rows: 'data.items'. The answer has: ${seen || 'nothing'}.`,
    },
  );
}

function guessed(answer: unknown): unknown {
  if (Array.isArray(answer) || typeof answer !== 'object' || answer === null) return answer;
  const lists = Object.values(answer).filter((value) => Array.isArray(value));
  return lists.length === 1 ? lists[0] : undefined;
}

/** Deeper objects stay JSON. */
const depthMax = 4;

/** Nested objects as columns `outer_inner`; lists, and what is deeper, stay what they are. */
export function flattened(row: object): Record<string, unknown> {
  const flat: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  const put = (value: object, prefix: string, depth: number): void => {
    for (const [name, inner] of Object.entries(value)) {
      const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
      if (isObject && depth < depthMax) put(inner as object, `${prefix}${name}_`, depth + 1);
      else flat[`${prefix}${name}`] = inner;
    }
  };
  put(row, '', 1);
  return flat;
}
