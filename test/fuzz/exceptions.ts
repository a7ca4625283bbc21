import { contradiction, unoptimised, withoutNulls } from './contradictions.ts';

/** What may differ, by name, with the reason. Everything else is a bug. */
interface Exception {
  readonly reason: string;
  covers(difference: string): boolean;
}

const exceptions: Readonly<Record<string, Exception>> = {
  'a quoted type in a name': {
    reason:
      'A column without an alias is called by its expression. Where a reader function stands in the query, that is as DuckDB prints a tree that went through JSON, which quotes types: CAST(1 AS "DOUBLE").',
    covers: (difference) => {
      const [, actual, expected] = /^columns: \((.*)\) instead of \((.*)\)$/s.exec(difference) ?? [];
      return actual !== undefined && actual.replaceAll('"', '') === expected?.replaceAll('"', '');
    },
  },
  'an empty NDJSON file': {
    reason: 'It tells no columns: Sheaf refuses it, DuckDB calls its one column json.',
    covers: (difference) => difference.includes('does not read as NDJSON: it is empty'),
  },
  'a subquery of more than one row that nobody asks for': {
    reason: 'DuckDB looks at the rows of a scalar subquery also where no row takes its value: a CASE, an empty table.',
    covers: (difference) =>
      /^no error; DuckDB: QUERY_FAILED .*More than one row returned by a subquery/.test(difference),
  },
  'DuckDB contradicts itself': {
    reason:
      'Seed 1000516: a semi join with a UNION ALL of two equal top-N subqueries yields 98 rows, of which count(*) counts none; none can match. Sheaf answers none.',
    covers: (difference) => difference.endsWith(contradiction),
  },
  "DuckDB's optimizer changes its answer": {
    reason:
      'Seed 71300638: the filter that a top-N gives to a scan reaches a side of a FULL JOIN, whose rows then have no partner and come as unmatched ones of the other side. Without its optimizer, or its LIMIT, DuckDB answers as Sheaf does.',
    covers: (difference) => difference.endsWith(unoptimised),
  },
  'DuckDB takes nulls for equal': {
    reason:
      'Seed 102070880: an ASOF LEFT JOIN by two equalities lets null meet null in the second of them. Where nulls are left out beforehand DuckDB answers as Sheaf does.',
    covers: (difference) => difference.endsWith(withoutNulls),
  },
};

/** The name of the exception that covers a difference. */
export const exceptionFor = (difference: string): string | undefined =>
  Object.entries(exceptions).find(([, exception]) => exception.covers(difference))?.[0];
