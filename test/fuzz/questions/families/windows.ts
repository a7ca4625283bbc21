import type { Question } from '../query-parts.ts';
import { byFirst, type Ground, oneOf, unordered } from './ground.ts';

/**
 * Frames of every kind, named windows, QUALIFY, windows over groups and over windows. Orders are total where rows are
 * placed.
 */
export function windows(ground: Ground): Question {
  const { parts, from, id, few, text, condition } = ground;
  const { random } = parts;
  const calls = (): string[] => parts.times(1, 3, () => `${call(ground)} AS ${parts.name('w')}`);
  const where = random.chance(0.3) ? ` WHERE ${condition}` : '';
  const forms = {
    'windows in a list': () => `SELECT ${id} AS id, ${calls().join(', ')} FROM ${from}${where}`,
    'named windows': () => {
      const named = `WINDOW v AS (PARTITION BY ${partition(ground)}), w AS (v ORDER BY ${total(ground)} ${frameOfRows(ground)})`;
      return `SELECT ${id} AS id, ${onAny(ground)} OVER v AS a, ${onAny(ground)} OVER w AS b FROM ${from}${where} ${named}`;
    },
    'QUALIFY by a name': () =>
      `SELECT ${id} AS id, ${call(ground)} AS w, row_number() OVER (PARTITION BY ${partition(ground)} ORDER BY ${total(ground)}) AS n FROM ${from}${where} QUALIFY n <= ${random.between(1, 5)}${random.pick(['', ' AND w IS NOT NULL'])}`,
    'QUALIFY of another window': () =>
      `SELECT ${id} AS id FROM ${from}${where} QUALIFY count(*) OVER (PARTITION BY ${partition(ground)}) > ${random.between(1, 9)} OR ${call(ground)} IS NULL`,
    'windows over windows': () =>
      `SELECT id, w, count(*) OVER (PARTITION BY w) AS n, ${random.pick(['lag(w)', 'sum(id)', 'max(w)', 'row_number()'])} OVER (PARTITION BY f ORDER BY id) AS m FROM (SELECT ${id} AS id, ${few} AS f, ${call(ground)} AS w FROM ${from}${where})`,
    'a window of a window below': () =>
      `SELECT id, sum(n) OVER (ORDER BY id ROWS 3 PRECEDING) AS s FROM (SELECT ${id} AS id, row_number() OVER (PARTITION BY ${few} ORDER BY ${id}) AS n FROM ${from}) WHERE n % 2 = ${random.between(0, 1)}`,
    'the first of each': () =>
      `SELECT id, f, n FROM (SELECT ${id} AS id, ${few} AS f, row_number() OVER (PARTITION BY ${few} ORDER BY ${total(ground)}) AS n FROM ${from}${where}) WHERE n ${random.pick(['= 1', '<= 2', '= 3', 'BETWEEN 2 AND 4'])}`,
  };
  const overGroups = {
    'windows over aggregates': () =>
      `SELECT ${few} AS f, count(*) AS n, sum(count(*)) OVER (ORDER BY ${few} ${random.pick(['', 'DESC ', 'NULLS FIRST '])}${random.pick(['ROWS UNBOUNDED PRECEDING', 'ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING', ''])}) AS s FROM ${from}${where} GROUP BY ${few}`,
    'QUALIFY over aggregates': () =>
      `SELECT ${few} AS f, ${text} AS t, count(*) AS n FROM ${from}${where} GROUP BY 1, 2 QUALIFY row_number() OVER (PARTITION BY ${few} ORDER BY count(*) DESC, ${text}) <= 2`,
    'QUALIFY and HAVING': () =>
      `SELECT ${text} AS t, max(${id}) AS m, rank() OVER (ORDER BY max(${id}) DESC) AS r FROM ${from}${where} GROUP BY t HAVING count(*) > 1 QUALIFY r <= ${random.between(1, 4)}`,
    'a share of all': () =>
      `SELECT ${few} AS f, ${text} AS t, 100 * count(*) / sum(count(*)) OVER (PARTITION BY ${few}) AS share FROM ${from}${where} GROUP BY 1, 2`,
    'groups of windows': () =>
      `SELECT w, count(*) AS n, min(id) AS i FROM (SELECT ${id} AS id, ${call(ground)} AS w FROM ${from}${where}) GROUP BY w`,
    'distinct windows': () =>
      `SELECT DISTINCT ${text} AS t, count(*) OVER (PARTITION BY ${text}) AS n, max(${id}) OVER (PARTITION BY ${text}) AS m FROM ${from}${where}`,
  };
  return random.chance(0.6)
    ? byFirst(parts, oneOf(parts, 'window questions', forms))
    : unordered(oneOf(parts, 'window questions', overGroups));
}

/** A window of its own, with its frame. */
function call(ground: Ground): string {
  const { parts, id } = ground;
  const by = parts.random.chance(0.8) ? `PARTITION BY ${partition(ground)} ` : '';
  const direction = parts.direction();
  return oneOf(parts, 'frames', {
    rows: () => `${onAny(ground)} OVER (${by}ORDER BY ${total(ground)} ${frameOfRows(ground)})`,
    'groups that tie': () =>
      `${onTies(ground)} OVER (${by}ORDER BY ${ground.few}${direction} ${frame(ground, 'GROUPS')})`,
    'groups of one': () => `${onAny(ground)} OVER (${by}ORDER BY ${id}${direction} ${frame(ground, 'GROUPS')})`,
    'range that ties': () =>
      `${onTies(ground)} OVER (${by}ORDER BY ${ground.few}${direction} ${frame(ground, 'RANGE')})`,
    'range of one': () => `${onAny(ground)} OVER (${by}ORDER BY ${id}${direction} ${frame(ground, 'RANGE')})`,
    'range of days': () =>
      `${onAny(ground)} OVER (${by}ORDER BY TIMESTAMP '2020-01-01' + to_hours((${id})::BIGINT) RANGE BETWEEN INTERVAL 2 HOURS PRECEDING AND INTERVAL 1 DAY FOLLOWING${exclusion(ground)})`,
    'rows by expressions': () =>
      `${onAny(ground)} OVER (${by}ORDER BY ${id}${direction} ROWS BETWEEN abs(${id} % 3) PRECEDING AND abs(${id} % 2) FOLLOWING${exclusion(ground)})`,
    'no order': () => `${onTies(ground)} OVER (${by})`,
  });
}

const partition = ({ parts, few, text, any }: Ground): string =>
  parts.random.pick([few, text, any, `${few}, ${text}`, `${text}, (${any})`]);

/** No two rows tie. */
const total = ({ parts, id, other }: Ground): string =>
  parts.random.pick([`${id}${parts.direction()}`, `${other}${parts.direction()}, ${id}${parts.direction()}`]);

const frameOfRows = (ground: Ground): string => (ground.parts.random.chance(0.2) ? '' : frame(ground, 'ROWS'));

function frame(ground: Ground, unit: 'ROWS' | 'GROUPS' | 'RANGE'): string {
  const bounds = ground.parts.random.pick([
    'BETWEEN 2 PRECEDING AND 1 FOLLOWING',
    'BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
    'BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
    'BETWEEN 1 FOLLOWING AND 3 FOLLOWING',
    'BETWEEN 3 PRECEDING AND 1 PRECEDING',
    'BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING',
    'UNBOUNDED PRECEDING',
    '1 PRECEDING',
  ]);
  return `${unit} ${bounds}${exclusion(ground)}`;
}

const exclusion = ({ parts }: Ground): string =>
  parts.random.pick(['', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE GROUP', ' EXCLUDE TIES', ' EXCLUDE NO OTHERS']);

/** What rows that tie may share. */
function onTies({ parts, any, id, few, condition }: Ground): string {
  const name = parts.random.pick([
    'count(*)',
    `count(DISTINCT ${any})`,
    `max(${any})`,
    `min(${id}) FILTER (WHERE ${condition})`,
    `sum(${few})`,
    `bool_or(${condition})`,
    `list(${id} ORDER BY ${id} DESC)`,
    `median(${id})`,
    `arg_max(${any}, ${id})`,
    `string_agg(${few}::VARCHAR, ',' ORDER BY ${id})`,
  ]);
  return counted(parts, name);
}

/** What needs to know which row it is. */
function onAny(ground: Ground): string {
  const { parts, any, few, id } = ground;
  const nulls = parts.random.pick(['', ' IGNORE NULLS', ' IGNORE NULLS', ' RESPECT NULLS']);
  const placed = parts.random.pick([
    'row_number()',
    `first_value(${few}${nulls})`,
    `last_value(${any}${nulls})`,
    `nth_value(${few}, 2${nulls})`,
    `lag(${few}, 1, -1${nulls})`,
    `lead(${any}, ${parts.random.between(1, 3)}${nulls})`,
    `lag(${few}${nulls})`,
    'ntile(4)',
    `first(${any})`,
    `list(${few})`,
    'cume_dist()',
    `first_value(${any} ORDER BY ${id} DESC)`,
    `row_number(ORDER BY ${id} DESC)`,
  ]);
  return parts.random.chance(0.7) ? counted(parts, placed) : onTies(ground);
}

function counted({ coverage }: Ground['parts'], call: string): string {
  coverage.count('windows', call.replace(/\(.*/s, call.includes('IGNORE') ? ' ignoring nulls' : ''));
  return call;
}
