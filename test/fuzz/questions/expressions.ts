import type { Random } from '../../simulation/random.ts';
import type { Column } from './column.ts';
import type { Coverage } from './coverage.ts';
import type { Surroundings } from './surroundings.ts';
import { castOnly, type Kind } from './types.ts';

/** A scalar expression with what is known of its values. */
export interface Made {
  readonly sql: string;
  readonly kind: Kind;
  readonly wild: boolean;
}

/**
 * Random scalar expressions over columns. They do not fail: which row fails first, and whether a filter spares it, is
 * the optimizer's to say.
 */
export class Expressions {
  readonly #random: Random;
  readonly #columns: readonly Column[];
  readonly #coverage: Coverage;
  readonly #surroundings: Surroundings | undefined;

  constructor(random: Random, columns: readonly Column[], coverage: Coverage, surroundings?: Surroundings) {
    this.#surroundings = surroundings;
    this.#random = random;
    this.#columns = columns.filter(({ inexact }) => !inexact);
    this.#coverage = coverage;
  }

  /** Of any kind: mostly a column as it is. */
  any(): Made {
    if (this.#columns.length === 0 || this.#random.chance(0.1)) return made(this.number(2), 'number');
    if (this.#random.chance(0.55)) return this.#column();
    const make = this.#random.pick<() => Made>([
      () => made(this.number(2), 'number'),
      () => made(this.number(2), 'number'),
      () => made(this.boolean(1), 'boolean'),
      () => made(this.text(2), 'text'),
      () => this.#cast(),
      () => this.#ofTime(),
      () => this.#nested(),
      () => this.#choice(),
    ]);
    return make();
  }

  /** To group, join or sort by. */
  key(): Made {
    return this.#columns.length > 0 && this.#random.chance(0.75) ? this.#column() : this.any();
  }

  number(depth: number): string {
    const leaf = (): string => this.#named('number', ({ wild }) => !wild) ?? this.#literal();
    if (depth <= 0) return leaf();
    const pick = this.#random.pick([
      leaf,
      () => this.#surroundings?.number(leaf) ?? leaf(),
      () => `(${this.number(depth - 1)} ${this.#op(['+', '-'])} ${this.number(depth - 1)})`,
      () => `(${leaf()} * ${this.#literal()})`,
      () =>
        `(${this.number(depth - 1)} ${this.#op(['/', '//', '%'])} ${this.#random.pick(['2', '3', '0', '-7', '1.5'])})`,
      () => `${this.#function(['abs', 'sign', 'ceil', 'floor', 'round'])}(${this.number(depth - 1)})`,
      () => `coalesce(${this.number(depth - 1)}, ${this.#literal()})`,
      () => `nullif(${this.number(depth - 1)}, ${leaf()})`,
      () => `CASE WHEN ${this.boolean(depth - 1)} THEN ${this.number(depth - 1)} ELSE ${leaf()} END`,
      () => `${this.#function(['length', 'strlen', 'ascii'])}(${this.text(depth - 1)})`,
      () => `${this.#function(['greatest', 'least'])}(${leaf()}, ${leaf()})`,
      () => `TRY_CAST(${this.text(0)} AS ${this.#random.pick(['INTEGER', 'DOUBLE', 'DECIMAL(9,2)', 'HUGEINT'])})`,
      () => `CAST(${leaf()} AS ${this.#type(['DOUBLE', 'BIGINT', 'HUGEINT', 'DECIMAL(20,4)', 'FLOAT'])})`,
      () =>
        `date_part('${this.#random.pick(['year', 'month', 'dow', 'day'])}', ${this.#named('date') ?? "DATE '2020-02-03'"})`,
      () => `len(${this.#named('list') ?? '[1, 2]'})`,
    ]);
    return pick();
  }

  boolean(depth: number): string {
    const plain = (): string => this.#named('boolean') ?? this.#comparison();
    if (depth <= 0) return this.#random.pick([plain, () => this.#comparison(), () => this.#nullTest()])();
    return this.#random.pick([
      () => this.#comparison(),
      () => this.#surroundings?.boolean(() => this.#comparison()) ?? this.#comparison(),
      () => this.#nullTest(),
      () => `(${this.boolean(depth - 1)} ${this.#op(['AND', 'OR'])} ${this.boolean(depth - 1)})`,
      () => `(${this.#op(['NOT'])} ${this.boolean(depth - 1)})`,
      () =>
        `${this.text(0)} ${this.#op(['LIKE', 'NOT LIKE', 'ILIKE', 'SIMILAR TO'])} '${this.#random.pick(['%a%', 'b_%', '', 'r.*', '%'])}'`,
      () =>
        `${this.number(1)} ${this.#op(['IN', 'NOT IN'])} (${this.#literal()}, ${this.#literal()}, ${this.#random.pick(['NULL', '1', '0'])})`,
      () => `${this.number(1)} ${this.#op(['BETWEEN', 'NOT BETWEEN'])} ${this.#literal()} AND ${this.#literal()}`,
      () =>
        `${this.#function(['starts_with', 'contains', 'suffix'])}(${this.text(0)}, ${this.#random.pick(["'a'", "''", "'r'"])})`,
      plain,
    ])();
  }

  text(depth: number): string {
    const leaf = (): string => this.#named('text') ?? this.#text();
    if (depth <= 0) return leaf();
    return this.#random.pick([
      leaf,
      () => this.#surroundings?.text(leaf) ?? leaf(),
      () => `(${leaf()} || ${this.#text()})`,
      () => `${this.#function(['upper', 'lower', 'trim', 'reverse', 'md5'])}(${this.text(depth - 1)})`,
      () => `(${this.text(depth - 1)} ${this.#op(['||'])} ${this.text(depth - 1)})`,
      () => `substr(${this.text(depth - 1)}, ${this.#random.between(-2, 3)}, ${this.#random.between(0, 4)})`,
      () => `replace(${this.text(depth - 1)}, 'a', '${this.#random.pick(['', 'xx'])}')`,
      () => `coalesce(${leaf()}, 'none')`,
      () => `concat(${leaf()}, ${leaf()})`,
      () => `regexp_replace(${leaf()}, '[aeiou]', '#', 'g')`,
      () => `lpad(${leaf()}, 4, '*')`,
    ])();
  }

  #text(): string {
    const written = this.#random.pick(["'a'", "''", "'Ünï'"]);
    return this.#surroundings?.literal('text', written) ?? written;
  }

  #column(): Made {
    const column = this.#random.pick(this.#columns);
    const { kind, wild, type } = column;
    if (type !== undefined) this.#coverage.count('types', type);
    return { sql: this.#surroundings?.column(column) ?? column.sql, kind, wild };
  }

  #named(kind: Kind, test: (column: Column) => boolean = () => true): string | undefined {
    const fit = this.#columns.filter((column) => column.kind === kind && test(column));
    if (fit.length === 0) return undefined;
    const { sql, type } = this.#random.pick(fit);
    if (type !== undefined) this.#coverage.count('types', type);
    return sql;
  }

  #literal(): string {
    const literals = [
      '0',
      '1',
      '2',
      '3',
      '10',
      '100',
      '-1',
      '0.5',
      '2.25',
      '7.0::DOUBLE',
      '5::SMALLINT',
      '2.5e-1',
      '3e0',
    ];
    const written = this.#random.pick(literals);
    return this.#surroundings?.literal('number', written) ?? written;
  }

  /** Of two values of one kind, or of numbers of any two types. */
  #comparison(): string {
    const op = this.#op(['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM']);
    if (this.#columns.length === 0) return `${this.number(0)} ${op} ${this.#literal()}`;
    const left = this.#random.pick(this.#columns);
    // Of what was computed only these kinds tell the type: another comparison might cast, and a cast may fail.
    const isOneType = left.type !== undefined || left.kind === 'text' || left.kind === 'boolean';
    const same = this.#columns.filter(
      (column) =>
        column === left ||
        (column.kind === left.kind && (left.kind === 'number' || (isOneType && column.type === left.type))),
    );
    if (this.#random.chance(0.4)) return `${left.sql} ${op} ${this.#random.pick(same).sql}`;
    if (left.kind === 'number') return `${left.sql} ${op} ${this.#literal()}`;
    if (left.kind === 'text') return `${left.sql} ${op} '${this.#random.pick(['', 'a', 'east', 'red', 'north'])}'`;
    if (left.kind === 'date') return `${left.sql} ${op} DATE '2020-02-29'`;
    if (left.kind === 'timestamp') return `${left.sql} ${op} TIMESTAMP '2020-01-02 03:04:05'`;
    return `${left.sql} ${op} ${this.#random.pick(same).sql}`;
  }

  #nullTest(): string {
    const op = this.#op(['IS NULL', 'IS NOT NULL']);
    return this.#columns.length === 0 ? `1 ${op}` : `${this.#random.pick(this.#columns).sql} ${op}`;
  }

  #cast(): Made {
    const { sql, kind } = this.#column();
    const targets = castOnly.filter(({ from }) => from === kind);
    const type = targets.length === 0 ? 'VARCHAR' : this.#random.pick(targets).type;
    this.#type([type]);
    return { sql: `TRY_CAST(${sql} AS ${type})`, kind: type === 'VARCHAR' ? 'text' : 'other', wild: true };
  }

  #ofTime(): Made {
    const date = this.#named('date');
    const stamp = this.#named('timestamp');
    const unit = this.#random.pick(['year', 'month', 'day', 'hour']);
    if (stamp !== undefined && this.#random.chance(0.5))
      return { sql: `${this.#function(['date_trunc'])}('${unit}', ${stamp})`, kind: 'other', wild: true };
    if (date !== undefined)
      return this.#random.pick<() => Made>([
        () => ({ sql: `${this.#function(['dayname'])}(${date})`, kind: 'text', wild: true }),
        () => ({ sql: `TRY(${date} - INTERVAL 1 DAY)`, kind: 'other', wild: true }),
        () => ({ sql: `TRY(${date} - DATE '2000-01-01')`, kind: 'number', wild: true }),
      ])();
    return made(this.number(1), 'number');
  }

  #nested(): Made {
    const list = this.#named('list');
    const struct = this.#named('struct');
    return this.#random.pick<() => Made>([
      () => ({ sql: `[${this.number(1)}, NULL]`, kind: 'other', wild: true }),
      () => ({ sql: `{'p': ${this.number(1)}, 'q': ${this.text(1)}}`, kind: 'other', wild: true }),
      () => (list === undefined ? this.#column() : { sql: `${list}[1]`, kind: 'other', wild: true }),
      () => (list === undefined ? this.#column() : { sql: `list_sort(${list})`, kind: 'other', wild: true }),
      () => (struct === undefined ? this.#column() : { sql: `struct_pack(s := ${struct})`, kind: 'other', wild: true }),
      () => ({ sql: `list_transform([1, 2], lambda v: v + ${this.number(0)})`, kind: 'other', wild: true }),
      () => ({ sql: `MAP {'k': ${this.number(1)}}`, kind: 'other', wild: true }),
      () => ({ sql: `(${this.boolean(0)})::INTEGER::BIT`, kind: 'other', wild: true }),
      () => ({
        sql: `CASE WHEN ${this.boolean(0)} THEN 'lo' ELSE 'hi' END::ENUM('hi', 'lo')`,
        kind: 'other',
        wild: true,
      }),
    ])();
  }

  #choice(): Made {
    const column = this.#column();
    return { ...column, sql: `CASE WHEN ${this.boolean(1)} THEN ${column.sql} END` };
  }

  #op<T extends string>(names: readonly T[]): string {
    return this.#coverage.count('operators', this.#random.pick(names));
  }

  #function(names: readonly string[]): string {
    return this.#coverage.count('functions', this.#random.pick(names));
  }

  #type(names: readonly string[]): string {
    return this.#coverage.count('types', this.#random.pick(names));
  }
}

const made = (sql: string, kind: Kind): Made => ({ sql, kind, wild: kind === 'number' });
