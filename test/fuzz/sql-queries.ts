import { quotedName } from '../../shared/sql/text.ts';
import type { Random } from '../simulation/random.ts';
import { Aggregates } from './aggregates.ts';
import type { Column } from './column.ts';
import type { Coverage } from './coverage.ts';
import { Expressions } from './expressions.ts';
import { makeJoin } from './joins.ts';
import { oddShape } from './odd-shapes.ts';
import { singleFileQuestion } from './single-file.ts';
import type { FileTable } from './world.ts';

/** A SELECT with its columns, in their order. */
export interface Query {
  readonly sql: string;
  readonly columns: readonly Column[];
}

/** A whole question: what may be asked of its answer besides its rows. */
export interface Question extends Query {
  /** Places of columns that the rows are ordered by. */
  readonly orderedBy: readonly number[];
}

/** Something that stands after FROM. */
export interface Relation {
  readonly from: string;
  readonly columns: readonly Column[];
}

/** Makes SELECTs over tables. */
export class Queries {
  readonly #random: Random;
  readonly #tables: readonly FileTable[];
  readonly #coverage: Coverage;
  #names = 0;

  constructor(random: Random, tables: readonly FileTable[], coverage: Coverage) {
    this.#random = random;
    this.#tables = tables;
    this.#coverage = coverage;
  }

  /** A question, ordered and cut at times. */
  question(): Question {
    if (this.#random.chance(0.3)) return singleFileQuestion(this.#random, this.#tables, this.#coverage);
    if (this.#random.chance(0.2)) {
      const odd = oddShape(this.#random, this.relation(this.#random.between(0, 1)), this.relation(0), this.#coverage);
      return { ...odd, orderedBy: [] };
    }
    const query = this.query(this.#random.pick([0, 0, 1, 1, 2]));
    return this.#finish(query);
  }

  query(depth: number): Query {
    const makers: readonly (() => Query)[] = [
      () => this.#plain(depth),
      () => this.#plain(depth),
      () => this.#grouped(depth),
      () => this.#grouped(depth),
      () => this.#grouped(depth),
      () => this.#whole(depth),
      () => this.#distinct(depth),
      () => this.#setOperation(depth),
      () => this.#windowed(depth),
      () => this.#filteredBySubquery(depth),
      () => this.#groupingSets(depth),
      () => this.#withClause(depth),
      () => this.#topRows(depth),
      () => this.#unnested(depth),
      () => this.#distinctOn(depth),
    ];
    return this.#random.pick(makers)();
  }

  /** A table, a join or a subquery. */
  relation(depth: number): Relation {
    if (this.#random.chance(0.35)) {
      this.#coverage.count('clauses', 'join');
      const leaf = (): Relation => (depth > 0 && this.#random.chance(0.25) ? this.#subquery(depth - 1) : this.#table());
      const joined = makeJoin(this.#random, leaf(), leaf(), this.#coverage);
      return this.#random.chance(0.2) ? makeJoin(this.#random, joined, leaf(), this.#coverage) : joined;
    }
    return depth > 0 && this.#random.chance(0.5) ? this.#subquery(depth - 1) : this.#table();
  }

  #table(): Relation {
    const table = this.#random.pick(this.#tables);
    this.#coverage.count('sources', table.scan.format);
    return this.#named(table.from, table.columns);
  }

  #subquery(depth: number): Relation {
    this.#coverage.count('clauses', 'subquery in FROM');
    const { sql, columns } = this.query(depth);
    return this.#named(`(${sql})`, columns);
  }

  #named(text: string, columns: readonly Column[]): Relation {
    const alias = this.#name('r');
    return {
      from: `${text} AS ${alias}`,
      columns: columns.map((column) => ({ ...column, sql: `${alias}.${quotedName(column.name)}` })),
    };
  }

  #plain(depth: number): Query {
    this.#coverage.count('shapes', 'select');
    const relation = this.relation(depth);
    const scalars = this.#scalars(relation);
    if (this.#random.chance(0.15))
      return { ...this.#renamed(relation), sql: `${this.#renamed(relation).sql}${this.#where(scalars)}` };
    const items = this.#times(1, 4, () => ({ ...scalars.any(), inexact: false }));
    const kept = relation.columns.filter(({ unique }) => unique && this.#random.chance(0.6));
    const columns = [...kept.map((column) => this.#keep(column)), ...items.map((item) => this.#column(item))];
    const texts = [...kept.map(({ sql }) => sql), ...items.map(({ sql }) => sql)];
    return { sql: `SELECT ${list(texts, columns)} FROM ${relation.from}${this.#where(scalars)}`, columns };
  }

  /** All columns under names of their own. */
  #renamed(relation: Relation): Query {
    const columns = relation.columns.map((column) => this.#keep(column));
    return {
      sql: `SELECT ${list(
        relation.columns.map(({ sql }) => sql),
        columns,
      )} FROM ${relation.from}`,
      columns,
    };
  }

  #grouped(depth: number): Query {
    this.#coverage.count('shapes', 'group by');
    const relation = this.relation(depth);
    const scalars = this.#scalars(relation);
    const aggregates = this.#aggregates(relation, scalars);
    const keys = this.#times(1, 2, () => ({ ...scalars.key(), inexact: false }));
    const made = this.#times(1, 4, () => aggregates.any());
    const columns = [...keys, ...made].map((item) => this.#column(item));
    const by = this.#random.pick([
      keys.map((_, i) => String(i + 1)).join(', '),
      keys.map(({ sql }) => `(${sql})`).join(', '),
    ]);
    const having = this.#random.chance(0.25) ? ` HAVING count(*) > ${this.#random.between(1, 3)}` : '';
    if (having !== '') this.#coverage.count('clauses', 'HAVING');
    const texts = [...keys, ...made].map(({ sql }) => sql);
    const sql = `SELECT ${list(texts, columns)} FROM ${relation.from}${this.#where(scalars)} GROUP BY ${by}${having}`;
    return { sql, columns };
  }

  #whole(depth: number): Query {
    this.#coverage.count('shapes', 'aggregate');
    const relation = this.relation(depth);
    const scalars = this.#scalars(relation);
    const aggregates = this.#aggregates(relation, scalars);
    const made = this.#times(1, 4, () => aggregates.any());
    const columns = made.map((item) => this.#column(item));
    return {
      sql: `SELECT ${list(
        made.map(({ sql }) => sql),
        columns,
      )} FROM ${relation.from}${this.#where(scalars)}`,
      columns,
    };
  }

  #distinct(depth: number): Query {
    this.#coverage.count('shapes', 'distinct');
    const relation = this.relation(depth);
    const scalars = this.#scalars(relation);
    const items = this.#times(1, 3, () => ({ ...scalars.key(), inexact: false }));
    const columns = items.map((item) => this.#column(item));
    const texts = items.map(({ sql }) => sql);
    return { sql: `SELECT DISTINCT ${list(texts, columns)} FROM ${relation.from}${this.#where(scalars)}`, columns };
  }

  #setOperation(depth: number): Query {
    const operator = this.#coverage.count(
      'shapes',
      this.#random.pick([
        'UNION ALL',
        'UNION',
        'EXCEPT',
        'EXCEPT ALL',
        'INTERSECT',
        'INTERSECT ALL',
        'UNION ALL BY NAME',
      ]),
    );
    const sides = [this.relation(Math.min(depth, 1)), this.relation(0)];
    const width = this.#random.between(1, 2);
    const names = Array.from({ length: width }, () => this.#name('c'));
    const kinds = Array.from({ length: width }, () => this.#random.pick(['number', 'text'] as const));
    const selects = sides.map((relation) => {
      const scalars = this.#scalars(relation);
      const items = kinds.map((kind) => (kind === 'number' ? scalars.number(1) : scalars.text(1)));
      const texts = items.map((sql, i) => `${sql} AS ${names[i]}`);
      return `SELECT ${texts.join(', ')} FROM ${relation.from}${this.#where(scalars)}`;
    });
    const columns = names.map((name, i) => ({
      ...blank,
      name,
      sql: name,
      kind: kinds[i] ?? ('other' as const),
      wild: true,
    }));
    return { sql: `(${selects[0]}) ${operator} (${selects[1]})`, columns };
  }

  #windowed(depth: number): Query {
    this.#coverage.count('shapes', 'window');
    const relation = this.relation(Math.min(depth, 1));
    const scalars = this.#scalars(relation);
    const unique = relation.columns.find(({ unique }) => unique);
    const key = scalars.key().sql;
    const partition = this.#random.chance(0.75) ? `PARTITION BY ${scalars.key().sql}` : '';
    const total = unique === undefined ? `ORDER BY ${key}` : `ORDER BY ${key}${this.#direction()}, ${unique.sql}`;
    // Without a unique order only what ties share may be asked for.
    const ranked = ['rank()', 'dense_rank()', 'percent_rank()', 'cume_dist()', `count(*)`, `max(${key})`];
    const placed = [
      'row_number()',
      `lag(${key})`,
      `lead(${key}, 2)`,
      `first_value(${key})`,
      'ntile(3)',
      `nth_value(${key}, 2)`,
    ];
    const items = this.#times(1, 3, () => {
      const call = this.#random.pick(unique === undefined ? ranked : [...ranked, ...placed]);
      this.#coverage.count('windows', call.replace(/\(.*/s, ''));
      return { sql: `${call} OVER (${partition} ${total})`, kind: 'other' as const, wild: true, inexact: false };
    });
    const columns = [...(unique === undefined ? [] : [this.#keep(unique)]), ...items.map((item) => this.#column(item))];
    const texts = [...(unique === undefined ? [] : [unique.sql]), ...items.map(({ sql }) => sql)];
    const qualify =
      unique !== undefined && this.#random.chance(0.3)
        ? ` QUALIFY row_number() OVER (${partition} ${total}) <= ${this.#random.between(1, 4)}`
        : '';
    if (qualify !== '') this.#coverage.count('clauses', 'QUALIFY');
    return { sql: `SELECT ${list(texts, columns)} FROM ${relation.from}${this.#where(scalars)}${qualify}`, columns };
  }

  #filteredBySubquery(depth: number): Query {
    const relation = this.relation(Math.min(depth, 1));
    const other = this.#table();
    const [outer, inner] = [this.#scalars(relation), this.#scalars(other)];
    const [a, b] = [this.#keyOf(relation), this.#keyOf(other)];
    const form = this.#coverage.count(
      'shapes',
      this.#random.pick(['IN', 'NOT IN', 'EXISTS', 'NOT EXISTS', 'scalar subquery', 'correlated scalar', 'ANY']),
    );
    const where = ` WHERE ${inner.boolean(1)}`;
    const condition = {
      IN: `${a} IN (SELECT ${b} FROM ${other.from}${where})`,
      'NOT IN': `${a} NOT IN (SELECT ${b} FROM ${other.from}${where})`,
      EXISTS: `EXISTS (SELECT 1 FROM ${other.from}${where} AND ${b} = ${a})`,
      'NOT EXISTS': `NOT EXISTS (SELECT 1 FROM ${other.from}${where} AND ${b} = ${a})`,
      'scalar subquery': `${outer.number(1)} > (SELECT min(${inner.number(1)}) FROM ${other.from}${where})`,
      'correlated scalar': `(SELECT count(*) FROM ${other.from}${where} AND ${b} = ${a}) > 1`,
      ANY: `${a} = ANY (SELECT ${b} FROM ${other.from}${where})`,
    }[form];
    const columns = relation.columns.map((column) => this.#keep(column));
    const texts = relation.columns.map(({ sql }) => sql);
    const and = this.#random.chance(0.3) ? ` AND ${outer.boolean(1)}` : '';
    return { sql: `SELECT ${list(texts, columns)} FROM ${relation.from} WHERE ${condition}${and}`, columns };
  }

  #groupingSets(depth: number): Query {
    const relation = this.relation(Math.min(depth, 1));
    const scalars = this.#scalars(relation);
    const aggregates = this.#aggregates(relation, scalars);
    const columns = relation.columns.filter(({ inexact }) => !inexact);
    if (columns.length === 0) return this.#plain(depth);
    const [first, second] = [this.#random.pick(columns), this.#random.pick(columns)];
    const keys = first.sql === second.sql ? [first] : [first, second];
    const by = keys.map(({ sql }) => sql).join(', ');
    const form = this.#coverage.count('shapes', this.#random.pick(['ROLLUP', 'CUBE', 'GROUPING SETS']));
    const sets = form === 'GROUPING SETS' ? `GROUPING SETS ((${by}), (${keys[0]?.sql}), ())` : `${form} (${by})`;
    const made = this.#times(1, 2, () => aggregates.call());
    const items = [
      ...keys.map((key) => this.#column({ ...key, inexact: false })),
      ...made.map((item) => this.#column(item)),
    ];
    const texts = [...keys.map(({ sql }) => sql), ...made.map(({ sql }) => sql)];
    return {
      sql: `SELECT ${list(texts, items)} FROM ${relation.from}${this.#where(scalars)} GROUP BY ${sets}`,
      columns: items,
    };
  }

  #withClause(depth: number): Query {
    this.#coverage.count('clauses', 'WITH');
    const inner = this.query(Math.max(0, depth - 1));
    const name = this.#name('cte');
    const relation = this.#named(name, inner.columns);
    const twice = this.#random.chance(0.4);
    const source = twice
      ? makeJoin(this.#random, relation, this.#named(name, inner.columns), this.#coverage)
      : relation;
    const scalars = this.#scalars(source);
    const { sql, columns } = this.#renamed(source);
    return { sql: `WITH ${name} AS (${inner.sql}) ${sql}${this.#where(scalars)}`, columns };
  }

  /** Cut inside: over all columns in order, so that ties are equal rows. */
  #topRows(depth: number): Query {
    this.#coverage.count('shapes', 'top rows inside');
    const inner = this.query(Math.max(0, depth - 1));
    if (inner.columns.some(({ inexact }) => inexact)) return inner;
    const by = inner.columns.map(({ name }) => `${quotedName(name)}${this.#direction()}`).join(', ');
    const sql = `SELECT * FROM (${inner.sql}) ORDER BY ${by} LIMIT ${this.#random.between(0, 20)}`;
    return { sql: `SELECT * FROM (${sql})`, columns: inner.columns };
  }

  #unnested(depth: number): Query {
    this.#coverage.count('shapes', 'unnest');
    const relation = this.relation(Math.min(depth, 1));
    const scalars = this.#scalars(relation);
    const lists = relation.columns.filter(({ kind }) => kind === 'list').map(({ sql }) => sql);
    const value = this.#random.pick([...lists, `[${scalars.number(0)}, NULL]`]);
    const columns = [this.#column({ sql: '', kind: 'other', wild: true, inexact: false })];
    return {
      sql: `SELECT ${list([`unnest(${value})`], columns)} FROM ${relation.from}${this.#where(scalars)}`,
      columns,
    };
  }

  #distinctOn(depth: number): Query {
    const relation = this.relation(Math.min(depth, 1));
    const unique = relation.columns.find(({ unique }) => unique);
    if (unique === undefined) return this.#plain(depth);
    this.#coverage.count('shapes', 'DISTINCT ON');
    const key = this.#scalars(relation).key();
    const columns = [this.#column({ ...key, inexact: false }), this.#keep(unique)];
    const sql = `SELECT DISTINCT ON (${key.sql}) ${list([key.sql, unique.sql], columns)} FROM ${relation.from} ORDER BY ${key.sql}, ${unique.sql}`;
    return { sql: `SELECT * FROM (${sql})`, columns };
  }

  /** The last order: by columns that are there. Cut only where ties are equal rows. */
  #finish({ sql, columns }: Query): Question {
    const place = (column: Column): number => columns.indexOf(column);
    if (this.#random.chance(0.4)) return { sql, columns, orderedBy: [] };
    this.#coverage.count('clauses', 'ORDER BY');
    const isCut = this.#random.chance(0.4) && columns.every(({ inexact }) => !inexact);
    const some = columns.filter(() => this.#random.chance(0.5));
    const keys = isCut || some.length === 0 ? [...columns].sort(() => this.#random.next() - 0.5) : some;
    if (isCut) this.#coverage.count('clauses', 'LIMIT');
    const cut = isCut
      ? ` LIMIT ${this.#random.between(0, 30)}${this.#random.pick(['', ' OFFSET 3', ' OFFSET 500'])}`
      : '';
    const isOpen =
      this.#random.chance(0.6) && !/ (UNION|EXCEPT|INTERSECT)|GROUP BY|DISTINCT ON|^WITH|OVER|LIMIT/.test(sql);
    const body = isOpen ? sql : `SELECT * FROM (${sql})`;
    const by = keys.map(({ name }) => `${quotedName(name)}${this.#direction()}`).join(', ');
    return { sql: `${body} ORDER BY ${by}${cut}`, columns, orderedBy: keys.map(place) };
  }

  #scalars(relation: Relation): Expressions {
    return new Expressions(this.#random, relation.columns, this.#coverage);
  }

  #aggregates(relation: Relation, scalars: Expressions): Aggregates {
    return new Aggregates(this.#random, relation.columns, this.#coverage, scalars);
  }

  #keyOf(relation: Relation): string {
    const exact = relation.columns.filter(({ inexact }) => !inexact);
    const keys = exact.filter(({ name }) => name === 'k');
    const numbers = exact.filter(({ kind }) => kind === 'number');
    const texts = (keys.length > 0 ? keys : numbers).map(({ sql }) => sql);
    return this.#random.pick(texts.length === 0 ? ['1'] : texts);
  }

  #where(scalars: Expressions): string {
    if (!this.#random.chance(0.4)) return '';
    this.#coverage.count('clauses', 'WHERE');
    return ` WHERE ${scalars.boolean(2)}`;
  }

  #direction(): string {
    return this.#random.pick(['', '', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST']);
  }

  #times<T>(from: number, to: number, make: () => T): T[] {
    return Array.from({ length: this.#random.between(from, to) }, make);
  }

  #keep(column: Column): Column {
    return { ...column, name: this.#name('c'), unique: column.unique };
  }

  #column({ kind, wild, inexact }: Pick<Column, 'kind' | 'wild' | 'inexact'> & { sql: string }): Column {
    const name = this.#name('c');
    return { ...blank, name, sql: quotedName(name), kind, wild, inexact };
  }

  #name(prefix: string): string {
    this.#names += 1;
    const odd =
      prefix === 'c' && this.#random.chance(0.08) ? this.#random.pick(['C', 'sel ect', 'ü', 'part', '_']) : prefix;
    return `${odd}${this.#names}`;
  }
}

const blank: Column = { name: '', sql: '', kind: 'other', wild: true, inexact: false, unique: false };

const list = (texts: readonly string[], columns: readonly Column[]): string =>
  texts.map((text, i) => `${text} AS ${quotedName(columns[i]?.name ?? '')}`).join(', ');
