import type { QueryParts, Question } from '../query-parts.ts';

/** What a family of questions is made over: a relation whose rows have a unique column, and expressions over it. */
export interface Ground {
  readonly parts: QueryParts;
  readonly from: string;
  /** Unique, a whole number of 0 or more. */
  readonly id: string;
  /** Few values, nulls among them in most tables. */
  readonly text: string;
  /** Of any number type, without extremes. */
  readonly number: string;
  /** A whole number of few values, null at times. */
  readonly few: string;
  /** Of any type. */
  readonly any: string;
  /** Of any type, another perhaps. */
  readonly other: string;
  readonly condition: string;
}

/** Over a table, or over what a WHERE leaves of it; absent where no table has a unique column. */
export function groundOf(parts: QueryParts): Ground | undefined {
  const { random } = parts;
  const table = parts.keyed();
  if (table === undefined) return undefined;
  const scalars = parts.scalars(table);
  const id = table.columns.find(({ unique }) => unique)?.sql ?? '0';
  const few = `nullif((${id} * ${random.between(1, 9)}) % ${random.between(2, 9)}, ${random.between(0, 12)})`;
  const made = [scalars.key().sql, scalars.key().sql];
  return {
    parts,
    from: table.from,
    id,
    text: scalars.text(0),
    number: scalars.number(0),
    few,
    any: made[0] ?? few,
    other: made[1] ?? few,
    condition: scalars.boolean(1),
  };
}

export type Forms = Readonly<Record<string, () => string>>;

/** One of the forms, counted under the family's name. */
export function oneOf({ coverage, random }: QueryParts, family: string, forms: Forms): string {
  const name = coverage.count(family, random.pick(Object.keys(forms)));
  return forms[name]?.() ?? '';
}

/** Without an order that anybody may rely on. */
export const unordered = (sql: string): Question => ({ sql, columns: [], orderedBy: [] });

/** Ordered by its first column, and cut at times: the column must be unique. */
export function byFirst({ random }: QueryParts, sql: string): Question {
  if (random.chance(0.6)) return unordered(sql);
  const cut = random.pick(['', '', ` LIMIT ${random.between(0, 30)}`, ' LIMIT 9 OFFSET 5']);
  return { sql: `${sql} ORDER BY 1${random.pick(['', ' DESC'])}${cut}`, columns: [], orderedBy: [0] };
}

/** At times under something that brings its rows together: values that were computed row by row travel then. */
export function broughtTogether(parts: QueryParts, sql: string): Question {
  const { random } = parts;
  if (random.chance(0.35)) return unordered(sql);
  const forms = {
    distinct: () => unordered(`SELECT DISTINCT * FROM (${sql})`),
    ordered: () => ({ ...unordered(`SELECT * FROM (${sql}) ORDER BY ALL`), orderedBy: [0] }),
    'a union': () => unordered(`SELECT * FROM (${sql}) UNION SELECT * FROM (${sql})`),
    'less some': () => unordered(`SELECT * FROM (${sql}) EXCEPT ALL (SELECT * FROM (${sql}) LIMIT 0)`),
    grouped: () => unordered(`SELECT *, count(*) AS many FROM (${sql}) GROUP BY ALL`),
  };
  return forms[random.pick(Object.keys(forms) as (keyof typeof forms)[])]();
}
