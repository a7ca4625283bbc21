import type { PlanNode } from '../../../shared/plan/node.ts';
import type { NamedExpression } from '../../../shared/plan/nodes/expression.ts';
import type { Column, Schema } from '../../../shared/schema.ts';
import { quotedName } from '../../../shared/sql/text.ts';

/** A plan with the SQL that means the same to DuckDB in one go. */
export interface Planned {
  readonly plan: PlanNode;
  readonly sql: string;
  readonly schema: Schema;
}

/** Where random plans begin. */
export type Base = Planned;

/** Choices made beforehand, so that a failing plan shrinks: numbers, taken one after another. */
export class Choices {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  below(limit: number): number {
    return (this.#numbers[this.#at++ % this.#numbers.length] ?? 0) % limit;
  }

  from<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  some<T>(list: readonly T[]): T[] {
    const kept = list.filter(() => this.below(2) === 0);
    return kept.length > 0 ? kept : list.slice(0, 1);
  }
}

export type Describe = (sql: string) => Schema;

type Operation = (input: Planned, choices: Choices, bases: readonly Base[], describe: Describe) => Planned | undefined;

/** Adds operations one upon another. What does not fit the columns at hand is left out. */
export function randomPlan(choices: Choices, bases: readonly Base[], operations: number, describe: Describe): Planned {
  let planned: Planned = choices.from(bases);
  for (let i = 0; i < operations; i++) planned = choices.from(all)(planned, choices, bases, describe) ?? planned;
  return planned;
}

const made = (plan: PlanNode, sql: string, describe: Describe): Planned => ({ plan, sql, schema: describe(sql) });

const q = quotedName;
const isNumber = ({ type }: Column): boolean => /INT|DECIMAL|DOUBLE/.test(type);
const isWhole = ({ type }: Column): boolean => /INT/.test(type);
const isExact = ({ type }: Column): boolean => !/DOUBLE/.test(type);

function predicate(column: Column, choices: Choices): string {
  const name = q(column.name);
  if (isNumber(column))
    return choices.from([`${name} > 3`, `${name} IS NULL`, `${name} * 2 <> 4`, `abs(${name}) < 50`]);
  if (column.type === 'VARCHAR') return choices.from([`${name} LIKE 'v%'`, `${name} < 'v3'`, `length(${name}) > 1`]);
  return choices.from([`${name} IS NOT NULL`, `${name} IS DISTINCT FROM NULL`]);
}

const filter: Operation = ({ plan, sql, schema }, choices, _, describe) => {
  const text = choices
    .some(schema)
    .slice(0, 2)
    .map((column) => `(${predicate(column, choices)})`)
    .join(choices.from([' AND ', ' OR ']));
  return made({ kind: 'filter', input: plan, predicate: text }, `SELECT * FROM (${sql}) WHERE ${text}`, describe);
};

const select = (columns: readonly NamedExpression[], sql: string): string =>
  `SELECT ${columns.map((column) => `(${column.sql}) AS ${q(column.name)}`).join(', ')} FROM (${sql})`;

function derived(column: Column, choices: Choices): string {
  const name = q(column.name);
  if (isWhole(column)) return choices.from([`${name} % 5`, `${name} + 1`, `coalesce(${name}, -1)`]);
  if (isNumber(column)) return choices.from([`-${name}`, `coalesce(${name}, 0)`, `${name} + 1`]);
  if (column.type === 'VARCHAR') return choices.from([`upper(${name})`, `${name} || 'x'`, `left(${name}, 1)`]);
  return name;
}

const project: Operation = ({ plan, sql, schema }, choices, _, describe) => {
  const columns = choices.some(schema).map((column, i) => ({
    name: choices.from([column.name, `c${i}`]),
    sql: choices.from([q(column.name), derived(column, choices)]),
  }));
  if (new Set(columns.map(({ name }) => name)).size < columns.length) return undefined;
  return made({ kind: 'project', input: plan, columns }, select(columns, sql), describe);
};

const extend: Operation = ({ plan, sql, schema }, choices, _, describe) => {
  const column = choices.from(schema);
  const added = { name: choices.from([column.name, `e${schema.length}`]), sql: derived(column, choices) };
  const isThere = schema.some(({ name }) => name === added.name);
  const text = isThere
    ? `SELECT * REPLACE ((${added.sql}) AS ${q(added.name)}) FROM (${sql})`
    : `SELECT *, (${added.sql}) AS ${q(added.name)} FROM (${sql})`;
  return made({ kind: 'extend', input: plan, columns: [added] }, text, describe);
};

function aggregateCall(column: Column, choices: Choices): string {
  const name = q(column.name);
  const any = [`count(${name})`, `min(${name})`, `max(${name})`, `count(DISTINCT ${name})`, 'count(*)'];
  // Few digits, for a later sort: last bits depend on the order of rows.
  const few = (sql: string): string => `CAST(${sql} AS FLOAT)`;
  const sum = column.type === 'DOUBLE' ? few(`sum(${name})`) : `sum(${name})`;
  const numbers = isNumber(column) ? [sum, few(`avg(${name})`), few(`sum(${name}) / count(*)`)] : [];
  const filter = `FILTER (${name} > 2)`;
  const others = isWhole(column)
    ? [`median(${name})`, `sum(${name}) ${filter}`, few(`avg(${name}) ${filter}`), few(`stddev(${name})`)]
    : [];
  return choices.from([...any, ...numbers, ...others]);
}

const aggregate: Operation = ({ plan, sql, schema }, choices, _, describe) => {
  // A sum of doubles differs in its last bits from run to run: grouped by, it would make other groups.
  const keys = choices.from([[], choices.some(schema.filter(isExact)).slice(0, 2)]).map((column) => ({
    name: choices.from([column.name, `k_${column.name}`]),
    sql: choices.from([q(column.name), derived(column, choices)]),
  }));
  const aggregates = choices.some(schema).map((column, i) => ({ name: `a${i}`, sql: aggregateCall(column, choices) }));
  const columns = [...keys, ...aggregates];
  if (new Set(columns.map(({ name }) => name)).size < columns.length) return undefined;
  const group = keys.length === 0 ? '' : ` GROUP BY ${keys.map((_, i) => i + 1).join(', ')}`;
  return made({ kind: 'aggregate', input: plan, keys, aggregates }, `${select(columns, sql)}${group}`, describe);
};

const distinct: Operation = ({ plan, sql, schema }, _choices, _, describe) =>
  schema.every(isExact)
    ? made({ kind: 'distinct', input: plan }, `SELECT DISTINCT * FROM (${sql})`, describe)
    : undefined;

/** All columns in some order: rows that tie are equal. */
function totalOrder(schema: Schema, choices: Choices): string[] {
  const start = choices.below(schema.length);
  const turned = [...schema.slice(start), ...schema.slice(0, start)];
  return turned.map(({ name }) => `${q(name)}${choices.from([' DESC', '', ' NULLS FIRST', ' DESC NULLS LAST'])}`);
}

const sort: Operation = ({ plan, sql, schema }, choices, _, describe) => {
  const keys = totalOrder(schema, choices);
  return made({ kind: 'sort', input: plan, keys }, `SELECT * FROM (${sql}) ORDER BY ${keys.join(', ')}`, describe);
};

const top: Operation = ({ plan, sql, schema }, choices, _, describe) => {
  if (!schema.every(isExact)) return undefined;
  const keys = totalOrder(schema, choices);
  const [limit, offset] = [choices.from([0, 1, 7, 500, null]), choices.from([0, 0, 3, 1000])];
  const text = `SELECT * FROM (${sql}) ORDER BY ${keys.join(', ')}${limit === null ? '' : ` LIMIT ${limit}`} OFFSET ${offset}`;
  return made({ kind: 'limit', input: { kind: 'sort', input: plan, keys }, limit, offset }, text, describe);
};

/** Which rows a limit keeps is not promised; how many is. */
const limitAndCount: Operation = ({ plan, sql }, choices, _, describe) => {
  const [limit, offset] = [choices.below(3000), choices.below(100)];
  const count = { name: 'rows', sql: 'count(*)' };
  const limited: PlanNode = { kind: 'limit', input: plan, limit, offset };
  const text = `SELECT count(*) AS rows FROM (SELECT * FROM (${sql}) LIMIT ${limit} OFFSET ${offset})`;
  return made({ kind: 'aggregate', input: limited, keys: [], aggregates: [count] }, text, describe);
};

const join: Operation = ({ plan, sql, schema }, choices, bases, describe) => {
  const other = choices.from(bases);
  const left = choices.from(schema.filter(({ type }) => /^(BIGINT|INTEGER|HUGEINT|DOUBLE|VARCHAR)$/.test(type)));
  if (left === undefined || schema.length > 8) return undefined;
  const fits = other.schema.filter(
    ({ type }) => (type === 'VARCHAR') === (left.type === 'VARCHAR') && /INT|VARCHAR|DEC/.test(type),
  );
  const right = choices.from(fits);
  if (right === undefined) return undefined;
  // One row per key on the right, so that joins upon joins do not grow without bound.
  const columns = [
    { name: `j${schema.length}`, sql: q(right.name) },
    { name: `n${schema.length}`, sql: 'count(*)' },
  ];
  if (schema.some(({ name }) => columns.some((column) => column.name === name))) return undefined;
  const keys = columns.slice(0, 1);
  const grouped: PlanNode = { kind: 'aggregate', input: other.plan, keys, aggregates: columns.slice(1) };
  const groupedSql = `${select(columns, other.sql)} GROUP BY 1`;
  const type = choices.from(['inner', 'left', 'right', 'full', 'semi', 'anti'] as const);
  const extra = choices.from(['', '', ` AND r.n${schema.length} > 1`]);
  const condition = `l.${q(left.name)} = r.j${schema.length}${extra}`;
  const text = `SELECT * FROM (${sql}) AS l ${type} JOIN (${groupedSql}) AS r ON ${condition}`;
  return made(
    { kind: 'join', type, left: plan, right: grouped, on: { kind: 'condition', sql: condition } },
    text,
    describe,
  );
};

const joinUsing: Operation = ({ plan, sql, schema }, choices, bases, describe) => {
  const other = choices.from(bases);
  const shared = schema.find(
    ({ name, type }) => isExact({ name, type }) && other.schema.some((column) => column.name === name),
  );
  if (shared === undefined || schema.length > 8) return undefined;
  const columns = [
    { name: shared.name, sql: q(shared.name) },
    { name: `u${schema.length}`, sql: 'count(*)' },
  ];
  if (schema.some(({ name }) => name === columns[1]?.name)) return undefined;
  const right: PlanNode = {
    kind: 'aggregate',
    input: other.plan,
    keys: columns.slice(0, 1),
    aggregates: columns.slice(1),
  };
  const type = choices.from(['inner', 'left', 'right', 'full', 'semi', 'anti'] as const);
  const [l, r] = [`l.${q(shared.name)}`, `r.${q(shared.name)}`];
  const merged = { inner: l, left: l, semi: l, anti: l, right: r, full: `coalesce(${l}, ${r}) AS ${q(shared.name)}` }[
    type
  ];
  const rest = type === 'semi' || type === 'anti' ? '' : `, r.* EXCLUDE (${q(shared.name)})`;
  const text = `SELECT ${merged}, l.* EXCLUDE (${q(shared.name)})${rest}
    FROM (${sql}) AS l ${type} JOIN (${select(columns, other.sql)} GROUP BY 1) AS r ON l.${q(shared.name)} = r.${q(shared.name)}`;
  return made({ kind: 'join', type, left: plan, right, on: { kind: 'using', columns: [shared.name] } }, text, describe);
};

const union: Operation = ({ plan, sql, schema }, choices, bases, describe) => {
  const same = bases.filter((base) => JSON.stringify(base.schema) === JSON.stringify(schema));
  const other = choices.from([...same, { plan, sql, schema }]);
  return made({ kind: 'union', inputs: [plan, other.plan] }, `(${sql}) UNION ALL (${other.sql})`, describe);
};

const repartition: Operation = ({ plan, sql, schema }, choices, _, describe) => {
  const keys = choices.from([[], [q(choices.from(schema).name)]]);
  return made({ kind: 'repartition', input: plan, partitions: 1 + choices.below(4), keys }, sql, describe);
};

const call: Operation = ({ plan, sql, schema }, choices, _, describe) => {
  const mode = choices.from(['mapBatches', 'map', 'filter'] as const);
  const bundle = { sha256: '0', name: 'identity', async: false };
  const shape = mode === 'filter' ? {} : { schema };
  return made({ kind: 'call', input: plan, mode, function: bundle, deterministic: true, ...shape }, sql, describe);
};

const all: readonly Operation[] = [
  filter,
  filter,
  project,
  project,
  extend,
  aggregate,
  aggregate,
  distinct,
  sort,
  top,
  limitAndCount,
  join,
  joinUsing,
  union,
  repartition,
  call,
];
