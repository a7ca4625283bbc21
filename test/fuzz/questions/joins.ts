import type { Random } from '../../simulation/random.ts';
import type { Column } from './column.ts';
import type { Coverage } from './coverage.ts';
import { Expressions } from './expressions.ts';
import type { Relation } from './query-parts.ts';

const kinds = [
  'JOIN',
  'JOIN',
  'LEFT JOIN',
  'LEFT JOIN',
  'RIGHT JOIN',
  'FULL JOIN',
  'SEMI JOIN',
  'ANTI JOIN',
  'CROSS JOIN',
  'ASOF JOIN',
  'LATERAL',
  'RANGE JOIN',
  'NESTED KEYS',
] as const;

/** Joins two relations: by keys that may be of two types, with nulls, or by a range, or not at all. */
export function makeJoin(random: Random, left: Relation, right: Relation, coverage: Coverage): Relation {
  const kind = coverage.count('joins', random.pick(kinds));
  const columns = kind === 'SEMI JOIN' || kind === 'ANTI JOIN' ? left.columns : [...left.columns, ...right.columns];
  const shown = columns.map((column) => ({ ...column, unique: isKept(kind, column, left) }));
  if (kind === 'CROSS JOIN') return crossed(left, right);
  if (kind === 'ASOF JOIN') return asof(random, left, right) ?? makeJoin(random, left, right, coverage);
  if (kind === 'LATERAL') return lateral(left, right);
  if (kind === 'RANGE JOIN') return ranged(random, left, right) ?? makeJoin(random, left, right, coverage);
  if (kind === 'NESTED KEYS') return nested(random, left, right) ?? makeJoin(random, left, right, coverage);
  const equal = equality(random, left, right, coverage);
  if (equal === undefined) return crossed(left, right);
  const more = random.chance(0.25)
    ? ` AND ${new Expressions(random, [...left.columns, ...right.columns], coverage).boolean(1)}`
    : '';
  return { from: `${left.from} ${kind} ${right.from} ON (${equal}${more})`, columns: shown };
}

/** A semi or anti join keeps or drops rows as they are. */
const isKept = (kind: string, column: Column, left: Relation): boolean =>
  column.unique && (kind === 'SEMI JOIN' || kind === 'ANTI JOIN') && left.columns.includes(column);

/** With two rows of the right side. */
function crossed(left: Relation, right: Relation): Relation {
  const column = right.columns.find(({ inexact }) => !inexact);
  const name = `two${/\d+/.exec(right.from)?.[0] ?? ''}${left.columns.length}`;
  const rows = `SELECT DISTINCT ${column?.sql ?? '1'} AS v FROM ${right.from} ORDER BY v LIMIT 2`;
  const value: Column = { name: 'v', sql: `${name}.v`, kind: 'other', wild: true, inexact: false, unique: false };
  const columns = [...left.columns, value].map((each) => ({ ...each, unique: false }));
  return { from: `${left.from} CROSS JOIN (${rows}) AS ${name}`, columns };
}

function equality(random: Random, left: Relation, right: Relation, coverage: Coverage): string | undefined {
  const [a, b] = [pickKey(random, left), pickKey(random, right)];
  // Everything with everything would be too much, also if nothing of it meets.
  if (a === undefined || b === undefined) return undefined;
  if (a.type !== undefined && b.type !== undefined) coverage.count('join keys', [a.type, b.type].sort().join(' = '));
  const op = random.pick(['=', '=', '=', '=', 'IS NOT DISTINCT FROM', '=']);
  return `${a.sql} ${op} ${b.sql}`;
}

/** The key, or another number: extremes are as good as any. */
function pickKey(random: Random, { columns }: Relation): Column | undefined {
  const numbers = columns.filter(({ kind, inexact }) => kind === 'number' && !inexact);
  const keys = columns.filter(({ name }) => name === 'k' || name === 'id');
  const all = random.chance(0.85) && keys.length > 0 ? keys : numbers.length > 0 ? numbers : keys;
  return all.length === 0 ? undefined : random.pick(all);
}

/** By the unique column of the right side: the nearest row is one row. */
function asof(random: Random, left: Relation, right: Relation): Relation | undefined {
  const unique = right.columns.find(({ unique }) => unique);
  const number = left.columns.find(({ kind, wild, inexact }) => kind === 'number' && !wild && !inexact);
  if (unique === undefined || number === undefined) return undefined;
  const [a, b] = [left, right].map(({ columns }) => columns.find(({ name }) => name === 'k')?.sql);
  const equal = a !== undefined && b !== undefined && random.chance(0.4) ? `${a} = ${b} AND ` : '';
  const order = `${number.sql} ${random.pick(['>=', '>=', '>', '<=', '<'])} ${unique.sql}`;
  const from = `${left.from} ASOF ${random.pick(['', 'LEFT '])}JOIN ${right.from} ON (${equal}${order})`;
  return { from, columns: [...left.columns, ...right.columns].map((column) => ({ ...column, unique: false })) };
}

const joinKinds = ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'SEMI JOIN', 'ANTI JOIN'] as const;

/** What a join on a condition of its own shows. */
const joined = (random: Random, left: Relation, right: Relation, condition: string): Relation => {
  const kind = random.pick(joinKinds);
  const isHalf = kind === 'SEMI JOIN' || kind === 'ANTI JOIN';
  const columns = isHalf ? left.columns : [...left.columns, ...right.columns];
  return {
    from: `${left.from} ${kind} ${right.from} ON (${condition})`,
    columns: columns.map((column) => ({ ...column, unique: isKept(kind, column, left) })),
  };
};

/** Without an equality: each row meets its few neighbours. */
function ranged(random: Random, left: Relation, right: Relation): Relation | undefined {
  const [a, b] = [left, right].map(({ columns }) => columns.find(({ unique }) => unique)?.sql);
  if (a === undefined || b === undefined) return undefined;
  const condition = random.pick([
    `${a} BETWEEN ${b} AND ${b} + 2`,
    `${a} > ${b} AND ${a} < ${b} + 3`,
    `abs(${a} - ${b}) <= 1`,
    `${a} <= ${b} AND ${b} - ${a} < 2`,
  ]);
  return joined(random, left, right, condition);
}

/** Equal structs, lists and rows, whose fields are of two types. */
function nested(random: Random, left: Relation, right: Relation): Relation | undefined {
  const [a, b] = [left, right].map(({ columns }) => columns.find(({ name }) => name === 'k')?.sql);
  const [g, h] = [left, right].map(({ columns }) => columns.find(({ name }) => name === 'g')?.sql);
  if (a === undefined || b === undefined || g === undefined || h === undefined) return undefined;
  const op = random.pick(['=', '=', 'IS NOT DISTINCT FROM']);
  const condition = random.pick([
    `{'k': ${a}, 'g': ${g}} ${op} {'k': ${b}, 'g': ${h}}`,
    `[${a}] ${op} [${b}]`,
    `(${a}, ${g}) ${op} (${b}, ${h})`,
    `[{'v': ${g}}] ${op} [{'v': ${h}}] AND ${a} = ${b}`,
    `MAP {coalesce(${g}, ''): 1} ${op} MAP {coalesce(${h}, ''): 1} AND ${a} = ${b}`,
  ]);
  return joined(random, left, right, condition);
}

function lateral(left: Relation, right: Relation): Relation {
  const [a, b] = [left.columns.find(({ name }) => name === 'k'), right.columns.find(({ name }) => name === 'k')];
  const name = `lat${/\d+/.exec(right.from)?.[0] ?? ''}${left.columns.length}`;
  const inner = `(SELECT count(*) AS n FROM ${right.from} WHERE ${b?.sql ?? '1'} = ${a?.sql ?? '1'}) AS ${name}`;
  const count: Column = { name: 'n', sql: `${name}.n`, kind: 'number', wild: false, inexact: false, unique: false };
  return { from: `${left.from}, LATERAL ${inner}`, columns: [...left.columns, count] };
}
