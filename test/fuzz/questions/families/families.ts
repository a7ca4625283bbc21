import type { QueryParts, Question } from '../query-parts.ts';
import { based } from './basis.ts';
import { type Ground, groundOf } from './ground.ts';
import { moreAggregates } from './more-aggregates.ts';
import { moreJoins } from './more-joins.ts';
import { nested } from './nested.ts';
import { sets } from './sets.ts';
import { stars } from './stars.ts';
import { typed } from './typed.ts';
import { windows } from './windows.ts';

/** Questions that go to the ends of one part of SQL each, by name. */
const families: Readonly<Record<string, (ground: Ground) => Question>> = {
  windows,
  typed,
  nested,
  stars,
  sets,
  aggregates: moreAggregates,
  joins: moreJoins,
};

/** A question of a family; absent where no table has a unique column. */
export function familyQuestion(parts: QueryParts): Question | undefined {
  const table = groundOf(parts);
  if (table === undefined) return undefined;
  const ground = parts.random.chance(0.5) ? based(table, groundOf(parts) ?? table) : table;
  const family = parts.coverage.count('families', parts.random.pick(Object.keys(families)));
  const question = families[family]?.(ground);
  return question && { ...question, family };
}
