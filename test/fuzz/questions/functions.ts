import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlFunction } from '../../../shared/plan/nodes/sql.ts';
import type { Schema } from '../../../shared/schema.ts';

/** A TypeScript function that questions call, beside what DuckDB answers in its place. */
interface Known {
  readonly name: string;
  readonly kind: SqlFunction['kind'];
  readonly args: Schema;
  readonly returns: string;
  /** Its module, as the client bundles it. */
  readonly code: string;
  /** Of a scalar one: the macro of its name. */
  readonly macro?: string;
  /** Of an aggregate: DuckDB's function. */
  readonly aggregate?: string;
}

const scalar = (name: string, args: Schema, returns: string, body: string, macro: string): Known => ({
  name,
  kind: 'rows',
  args,
  returns,
  code: `export default (${body});\n`,
  macro: `${name}(${args.map((arg) => arg.name).join(', ')}) AS ${macro}`,
});

const aggregate = (name: string, args: Schema, returns: string, definition: string, own: string): Known => ({
  name,
  kind: 'aggregate',
  args,
  returns,
  code: `export default () => (${definition});\n`,
  aggregate: own,
});

const [x, t, a, b] = [
  { name: 'x', type: 'DOUBLE' },
  { name: 't', type: 'VARCHAR' },
  { name: 'a', type: 'BOOLEAN' },
  { name: 'b', type: 'BOOLEAN' },
];

const known: readonly Known[] = [
  scalar('ts_half', [x], 'DOUBLE', '({ x }) => x === null ? null : x / 2', 'CAST(x AS DOUBLE) / 2'),
  scalar('ts_shout', [t], 'VARCHAR', "({ t }) => t === null ? null : t + '!'", "t || '!'"),
  scalar(
    'ts_either',
    [a, b],
    'BOOLEAN',
    '({ a, b }) => a === true || b === true ? true : a === null || b === null ? null : false',
    '(a OR b)',
  ),
  {
    ...scalar('ts_halves', [x], 'DOUBLE', '', 'CAST(x AS DOUBLE) / 2'),
    kind: 'batches',
    code: `export default (batch) => Array.from(batch.getChild('x'), (x) => (x === null ? null : x / 2));\n`,
  },
  aggregate(
    'ts_mean',
    [x],
    'DOUBLE',
    `{ init: () => ({ n: 0, sum: 0 }),
      accumulate: (state, { x }) => (x === null ? state : { n: state.n + 1, sum: state.sum + x }),
      merge: (one, other) => ({ n: one.n + other.n, sum: one.sum + other.sum }),
      finish: ({ n, sum }) => (n === 0 ? null : sum / n) }`,
    'avg',
  ),
  aggregate(
    'ts_count',
    [t],
    'BIGINT',
    `{ init: () => 0, accumulate: (n, { t }) => n + (t === null ? 0 : 1), merge: (n, m) => n + m, finish: (n) => n }`,
    'count',
  ),
  aggregate(
    'ts_any',
    [a],
    'BOOLEAN',
    `{ init: () => null, accumulate: (any, { a }) => (a === null ? any : (any ?? false) || a),
      merge: (one, other) => (one === null ? other : one || (other ?? false)), finish: (any) => any }`,
    'bool_or',
  ),
];

/** Hands back what it is given: every type goes to JavaScript and comes back. */
const identity = (type: string): Known => {
  const name = `ts_same_${createHash('sha256').update(type).digest('hex').slice(0, 8)}`;
  return scalar(name, [{ name: 'v', type }], type, '({ v }) => v', 'v');
};

/** Functions under the names by which questions call them. */
export class Functions {
  readonly #known = new Map<string, Known>(known.map((each) => [each.name, each]));

  /** The name of a function that hands back values of the type. */
  same(type: string): string {
    const each = identity(type);
    this.#known.set(each.name, each);
    return each.name;
  }

  /** Those that a text calls, as they go along with it. */
  of(sql: string): SqlFunction[] {
    return this.#in(sql).map(({ name, kind, args, returns, code }) => ({
      name,
      kind,
      args,
      returns,
      function: { sha256: hashOf(code), name, async: false },
      deterministic: true,
    }));
  }

  /** Statements that give DuckDB those that a text calls. */
  macros(sql: string): string[] {
    return this.#in(sql).flatMap(({ macro }) => (macro === undefined ? [] : [`CREATE OR REPLACE TEMP MACRO ${macro}`]));
  }

  /** The text with DuckDB's aggregates. */
  asDuckdb(sql: string): string {
    return this.#in(sql).reduce(
      (text, each) => (each.aggregate === undefined ? text : text.replaceAll(`${each.name}(`, `${each.aggregate}(`)),
      sql,
    );
  }

  #in(sql: string): Known[] {
    return [...this.#known.values()].filter(({ name }) => sql.includes(name));
  }
}

const hashOf = (code: string): string => createHash('sha256').update(code).digest('hex');

/** Puts the modules where a worker looks for them. */
export function writeBundles(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { code } of [...known, identity('INTEGER')]) writeFileSync(join(folder, hashOf(code)), code);
}
