import { quotedName } from '../../../shared/sql/text.ts';
import type { Random } from '../../simulation/random.ts';
import { type Column, decidingKeys } from './column.ts';
import { lateralJoin, subqueryInOn, subqueryValues } from './correlated.ts';
import type { Coverage } from './coverage.ts';
import { familyQuestion } from './families/families.ts';
import { groupingSets } from './grouping-sets.ts';
import { makeJoin } from './joins.ts';
import { oddShape } from './odd-shapes.ts';
import { blank, list, type Query, QueryParts, type Question, type Relation } from './query-parts.ts';
import { distinctOn, filteredBySubquery, unnested, windowed } from './shapes.ts';
import { singleFileQuestion } from './single-file.ts';
import type { Surroundings } from './surroundings.ts';
import type { NamedTable } from './world.ts';

/** Makes SELECTs over tables. */
export class Queries {
  readonly #random: Random;
  readonly #tables: readonly NamedTable[];
  readonly #coverage: Coverage;
  readonly #parts: QueryParts;

  constructor(random: Random, tables: readonly NamedTable[], coverage: Coverage, surroundings?: Surroundings) {
    this.#random = random;
    this.#tables = tables;
    this.#coverage = coverage;
    this.#parts = new QueryParts(random, tables, coverage, surroundings);
  }

  /** A question, ordered and cut at times. */
  question(): Question {
    const family = this.#random.chance(0.4) ? familyQuestion(this.#parts) : undefined;
    if (family !== undefined) return family;
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
      () => this.#shape(windowed, depth),
      () => this.#shape(filteredBySubquery, depth),
      () => this.#shape(groupingSets, depth),
      () => this.#shape(groupingSets, depth),
      () => this.#shape(groupingSets, depth),
      () => this.#shape(groupingSets, depth),
      () => this.#withClause(depth),
      () => this.#topRows(depth),
      () => this.#shape(unnested, depth),
      () => this.#shape(distinctOn, depth),
      () => this.#shape(subqueryValues, depth),
      () => this.#shape(subqueryValues, depth),
      () => this.#shape(lateralJoin, depth),
      () => this.#shape(subqueryInOn, depth),
    ];
    return this.#random.pick(makers)();
  }

  /** A shape that not every relation allows. */
  #shape(make: typeof windowed, depth: number): Query {
    return make(this.#parts, this.relation(Math.min(depth, 1))) ?? this.#plain(depth);
  }

  /** A table, a join or a subquery. */
  relation(depth: number): Relation {
    const pairs = this.#parts.gathers() ? this.#pairs() : undefined;
    if (pairs !== undefined) return pairs;
    if (this.#random.chance(0.35)) {
      this.#coverage.count('clauses', 'join');
      const leaf = (): Relation =>
        depth > 0 && this.#random.chance(0.25) ? this.#subquery(depth - 1) : this.#parts.table();
      const joined = makeJoin(this.#random, leaf(), leaf(), this.#coverage);
      return this.#random.chance(0.2) ? makeJoin(this.#random, joined, leaf(), this.#coverage) : joined;
    }
    return depth > 0 && this.#random.chance(0.5) ? this.#subquery(depth - 1) : this.#parts.table();
  }

  /** First rows of two tables that meet by their places: what they stand in is gathered. */
  #pairs(): Relation | undefined {
    const sides = [this.#parts.table(), this.#parts.table()].map(({ from, columns }) => {
      const unique = columns.find((column) => column.unique);
      const rows = `(SELECT * FROM ${from} ORDER BY ${unique?.sql} LIMIT ${this.#random.between(0, 60)})`;
      return unique && this.#parts.named(rows, columns);
    });
    const [left, right] = sides;
    if (left === undefined || right === undefined) return undefined;
    this.#coverage.count('joins', 'POSITIONAL JOIN');
    const columns = [...left.columns, ...right.columns].map((column) => ({ ...column, unique: false }));
    return { from: `${left.from} POSITIONAL JOIN ${right.from}`, columns };
  }

  #subquery(depth: number): Relation {
    this.#coverage.count('clauses', 'subquery in FROM');
    const { sql, columns } = this.query(depth);
    return this.#parts.named(`(${sql})`, columns);
  }

  #plain(depth: number): Query {
    this.#coverage.count('shapes', 'select');
    const relation = this.relation(depth);
    const scalars = this.#parts.scalars(relation);
    if (this.#random.chance(0.15)) {
      const renamed = this.#renamed(relation);
      return { ...renamed, sql: `${renamed.sql}${this.#parts.where(scalars)}` };
    }
    const made = this.#parts.times(1, 4, () => ({ ...scalars.any(), inexact: false }));
    const items = [...made, ...this.#parts.rowMaker()];
    const kept = relation.columns.filter(({ unique }) => unique && this.#random.chance(0.6));
    const columns = [
      ...kept.map((column) => this.#parts.keep(column)),
      ...items.map((item) => this.#parts.column(item)),
    ];
    const texts = [...kept.map(({ sql }) => sql), ...items.map(({ sql }) => sql)];
    return { sql: `SELECT ${list(texts, columns)} FROM ${relation.from}${this.#parts.where(scalars)}`, columns };
  }

  /** All columns under names of their own. */
  #renamed(relation: Relation): Query {
    const columns = relation.columns.map((column) => this.#parts.keep(column));
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
    const scalars = this.#parts.scalars(relation);
    const aggregates = this.#parts.aggregates(relation, scalars);
    const keys = this.#parts.times(1, 2, () => ({ ...scalars.key(), inexact: false }));
    const made = [...this.#parts.times(1, 4, () => aggregates.any()), ...this.#parts.rowMaker()];
    const columns = [...keys, ...made].map((item) => this.#parts.column(item));
    const by = this.#random.pick([
      keys.map((_, i) => String(i + 1)).join(', '),
      keys.map(({ sql }) => `(${sql})`).join(', '),
    ]);
    const having = this.#random.chance(0.25) ? ` HAVING count(*) > ${this.#random.between(1, 3)}` : '';
    if (having !== '') this.#coverage.count('clauses', 'HAVING');
    const texts = [...keys, ...made].map(({ sql }) => sql);
    const sql = `SELECT ${list(texts, columns)} FROM ${relation.from}${this.#parts.where(scalars)} GROUP BY ${by}${having}`;
    return { sql, columns };
  }

  #whole(depth: number): Query {
    this.#coverage.count('shapes', 'aggregate');
    const relation = this.relation(depth);
    const scalars = this.#parts.scalars(relation);
    const aggregates = this.#parts.aggregates(relation, scalars);
    const made = [...this.#parts.times(1, 4, () => aggregates.any()), ...this.#parts.rowMaker()];
    const columns = made.map((item) => this.#parts.column(item));
    return {
      sql: `SELECT ${list(
        made.map(({ sql }) => sql),
        columns,
      )} FROM ${relation.from}${this.#parts.where(scalars)}`,
      columns,
    };
  }

  #distinct(depth: number): Query {
    this.#coverage.count('shapes', 'distinct');
    const relation = this.relation(depth);
    const scalars = this.#parts.scalars(relation);
    const items = this.#parts.times(1, 3, () => ({ ...scalars.key(), inexact: false }));
    const columns = items.map((item) => this.#parts.column(item));
    const texts = items.map(({ sql }) => sql);
    return {
      sql: `SELECT DISTINCT ${list(texts, columns)} FROM ${relation.from}${this.#parts.where(scalars)}`,
      columns,
    };
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
    const names = Array.from({ length: width }, () => this.#parts.name('c'));
    const kinds = Array.from({ length: width }, () => this.#random.pick(['number', 'text'] as const));
    const selects = sides.map((relation) => {
      const scalars = this.#parts.scalars(relation);
      const items = kinds.map((kind) => (kind === 'number' ? scalars.number(1) : scalars.text(1)));
      const texts = items.map((sql, i) => `${sql} AS ${quotedName(names[i] ?? '')}`);
      return `SELECT ${texts.join(', ')} FROM ${relation.from}${this.#parts.where(scalars)}`;
    });
    const columns = names.map((name, i) => ({
      ...blank,
      name,
      sql: quotedName(name),
      kind: kinds[i] ?? ('other' as const),
      wild: true,
    }));
    return { sql: `(${selects[0]}) ${operator} (${selects[1]})`, columns };
  }

  #withClause(depth: number): Query {
    this.#coverage.count('clauses', 'WITH');
    const inner = this.query(Math.max(0, depth - 1));
    const name = this.#parts.name('cte');
    const relation = this.#parts.named(name, inner.columns);
    const twice = this.#random.chance(0.4);
    const source = twice
      ? makeJoin(this.#random, relation, this.#parts.named(name, inner.columns), this.#coverage)
      : relation;
    const scalars = this.#parts.scalars(source);
    const { sql, columns } = this.#renamed(source);
    return { sql: `WITH ${name} AS (${inner.sql}) ${sql}${this.#parts.where(scalars)}`, columns };
  }

  /** Cut inside: over all columns in order, so that ties are equal rows. */
  #topRows(depth: number): Query {
    this.#coverage.count('shapes', 'top rows inside');
    const inner = this.query(Math.max(0, depth - 1));
    if (inner.columns.some(({ inexact }) => inexact)) return inner;
    const by = inner.columns.map(({ name }) => `${quotedName(name)}${this.#parts.direction()}`).join(', ');
    const offset = this.#random.pick(['', '', ' OFFSET 2', ' OFFSET 40']);
    const limit = this.#random.pick([`LIMIT ${this.#random.between(0, 20)}${offset}`, 'OFFSET 7', 'LIMIT 30 PERCENT']);
    const sql = `SELECT * FROM (${inner.sql}) ORDER BY ${by} ${limit}`;
    return { sql: `SELECT * FROM (${sql})`, columns: inner.columns };
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
    const by = keys.map(({ name }) => `${quotedName(name)}${this.#parts.direction()}`).join(', ');
    const all = !isCut && this.#parts.gathers() ? ' LIMIT 100 PERCENT' : cut;
    return { sql: `${body} ORDER BY ${by}${all}`, columns, orderedBy: decidingKeys(keys).map(place) };
  }
}
