import type { Random } from '../../simulation/random.ts';

/** What a PIVOT or a union by name is made over. */
export interface PivotParts {
  readonly from: string;
  readonly other: string;
  readonly text: string;
  readonly number: string;
  readonly any: string;
}

/**
 * PIVOTs with values and without, in statements and clauses, few columns and many; and unions whose columns meet by
 * name.
 */
export function pivotShapes(random: Random, parts: PivotParts): Readonly<Record<string, string>> {
  const { from, other, text, number, any } = parts;
  const groups = random.pick(['', ' GROUP BY k', ' GROUP BY k, m']);
  const rows = `(SELECT ${text} AS name, ${number} AS value, ${any} AS k, ${number} % 3 AS m FROM ${from})`;
  const aggregates = random.pick([
    'sum(value)',
    'count(*)',
    'max(name) AS most, count(value) AS n',
    'sum(value) + 1 AS s, min(name)',
    'count(DISTINCT value), any_value(1) AS one',
    'coalesce(max(value), -1) AS c',
    'median(value) AS half',
  ]);
  const values = random.pick([`'east', 'west', 'a'`, `'north', NULL, ''`, `'east' AS "to the east", '''', 'Ü'`]);
  const on = random.pick([`name IN (${values})`, `name IN (${values}), m IN (0, 1, 2)`, 'm IN (0, 1, NULL, 2.5)']);
  const free = random.pick(['name', 'm', 'name, m', "coalesce(name, '?') || m", 'm IN (0, 2), name', 'value % 40']);
  return {
    pivot: `PIVOT ${rows} ON ${on} USING ${aggregates}${groups}`,
    'pivot in a clause': `SELECT * FROM ${rows} AS r PIVOT (${aggregates} FOR name IN (${values})${groups}) AS p`,
    'pivot of many values': `PIVOT ${rows} ON value IN (${Array.from({ length: 30 }, (_, i) => i - 3).join(', ')}) USING ${aggregates} GROUP BY m`,
    'pivot without values': `PIVOT ${rows} ON ${free} USING ${aggregates}${groups}`,
    'pivot of looked up values': `PIVOT ${rows} ON name IN (SELECT name FROM ${rows} ORDER BY name DESC) USING ${aggregates} GROUP BY m`,
    'count over a pivot': `WITH p AS (PIVOT ${rows} ON ${free} USING ${aggregates} GROUP BY k) SELECT count(*) AS n, count(DISTINCT k) AS d FROM p`,
    'union by name': `SELECT ${text} AS a, ${number} AS b FROM ${from} UNION ${random.pick(['', 'ALL '])}BY NAME SELECT ${random.pick(['1 AS B, NULL AS c', `DATE '2024-01-01' AS d, 'x' AS A`, '1.5 AS b'])} FROM ${other}`,
    'unions by name': `SELECT n, count(*) AS c FROM (SELECT ${number} AS n FROM ${from} UNION ALL BY NAME SELECT 'x' AS t FROM ${other} UNION ALL BY NAME SELECT 2 AS n, 'y' AS T FROM ${from}) GROUP BY n`,
  };
}
