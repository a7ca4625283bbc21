import type { QueryParts, Question } from '../query-parts.ts';
import { type Ground, groundOf } from './ground.ts';
import { windows } from './windows.ts';

/** Questions that go to the ends of one part of SQL each, by name. */
const families: Readonly<Record<string, (ground: Ground) => Question>> = { windows };

/** A question of a family; absent where no table has a unique column. */
export function familyQuestion(parts: QueryParts): Question | undefined {
  const ground = groundOf(parts);
  if (ground === undefined) return undefined;
  const family = parts.coverage.count('families', parts.random.pick(Object.keys(families)));
  const question = families[family]?.(ground);
  return question && { ...question, family };
}
