import { quotedName } from '../../../shared/sql/text.ts';
import type { Random } from '../../simulation/random.ts';
import { Aggregates } from './aggregates.ts';
import { type Column, decidingKeys } from './column.ts';
import type { Coverage } from './coverage.ts';
import { Expressions } from './expressions.ts';
import type { Question } from './query-parts.ts';
import type { NamedTable } from './world.ts';

interface Item {
  readonly sql: string;
  /** As it stands in the select list: with an alias, that of a column perhaps, or none. */
  readonly text: string;
  readonly alias: string | undefined;
  readonly inexact: boolean;
}

/**
 * A plain SELECT over one file, with the names that such have: aliases that are columns' names in another case, aliases
 * used by others, positions, keys that are not selected, stars. These are what the planner takes apart itself.
 */
export function singleFileQuestion(random: Random, tables: readonly NamedTable[], coverage: Coverage): Question {
  return new SingleFile(random, random.pick(tables.filter(isPlain)), coverage).question();
}

/** Its columns may be written without quotes. */
const isPlain = ({ columns }: NamedTable): boolean => columns.every(({ name }) => /^[a-z]\w*$/.test(name));

class SingleFile {
  readonly #random: Random;
  readonly #table: NamedTable;
  readonly #coverage: Coverage;
  readonly #columns: readonly Column[];
  readonly #from: string;
  #aliases = 0;

  constructor(random: Random, table: NamedTable, coverage: Coverage) {
    const alias = random.pick(['', '', 't', 'T1']);
    const before = alias !== '' && random.chance(0.5) ? `${alias.toLowerCase()}.` : '';
    this.#random = random;
    this.#table = table;
    this.#coverage = coverage;
    this.#from = `${table.from}${alias === '' ? '' : ` AS ${alias}`}`;
    this.#columns = table.columns.map((column) => ({ ...column, sql: `${before}${this.#cased(column.name)}` }));
    coverage.count('sources', table.source);
  }

  question(): Question {
    return this.#random.pick([() => this.#rows(), () => this.#groups(), () => this.#groups(), () => this.#stars()])();
  }

  #rows(): Question {
    this.#coverage.count('shapes', 'one file: rows');
    const scalars = this.#scalars();
    const items = this.#some(1, 4, () => this.#item({ ...scalars.any(), inexact: false }));
    const distinct = this.#random.chance(0.3) ? 'DISTINCT ' : '';
    const reused = items.find(({ alias }) => alias?.startsWith('a') === true)?.alias;
    const where = this.#random.chance(0.5)
      ? ` WHERE ${reused !== undefined && this.#random.chance(0.4) ? `${reused} IS NOT NULL` : scalars.boolean(2)}`
      : '';
    const hidden = distinct === '' && this.#random.chance(0.3) ? [scalars.key().sql] : [];
    return this.#ended(`SELECT ${distinct}${texts(items)} FROM ${this.#from}${where}`, items, hidden);
  }

  #groups(): Question {
    this.#coverage.count('shapes', 'one file: groups');
    const scalars = this.#scalars();
    const aggregates = new Aggregates(this.#random, this.#columns, this.#coverage, { scalars });
    const keys = this.#some(0, 2, () => this.#item({ ...scalars.key(), inexact: false }));
    const made = this.#some(1, 3, () => this.#item(aggregates.any()));
    const items = this.#random.chance(0.7) ? [...keys, ...made] : [...made, ...keys];
    const place = (item: Item): string => String(items.indexOf(item) + 1);
    const by = this.#random.pick<(item: Item) => string>([
      ({ sql }) => `(${sql})`,
      place,
      ({ alias, sql }) => own(alias) ?? sql,
    ]);
    const group = keys.length === 0 ? '' : ` GROUP BY ${this.#random.chance(0.2) ? 'ALL' : keys.map(by).join(', ')}`;
    const having = keys.length > 0 && this.#random.chance(0.3) ? ` HAVING ${this.#having(made)}` : '';
    const where = this.#random.chance(0.4) ? ` WHERE ${scalars.boolean(2)}` : '';
    const hidden = this.#random.chance(0.2) ? [`count(*)`] : [];
    return this.#ended(`SELECT ${texts(items)} FROM ${this.#from}${where}${group}${having}`, items, hidden);
  }

  #having(made: readonly Item[]): string {
    this.#coverage.count('clauses', 'HAVING');
    const named = made.find(({ alias, inexact }) => !inexact && own(alias) !== undefined);
    return named !== undefined && this.#random.chance(0.5) ? `${named.alias} IS NOT NULL` : 'count(*) > 1';
  }

  #stars(): Question {
    this.#coverage.count('shapes', 'one file: star');
    const scalars = this.#scalars();
    const [first = '', second = ''] = this.#table.columns.map(({ name }) => quotedName(name));
    const star = this.#random.pick([
      '*',
      `* EXCLUDE (${first})`,
      `* REPLACE (${second} IS NULL AS ${second})`,
      `*, ${scalars.number(1)} AS extra`,
      `COLUMNS('^.')`,
      `* RENAME (${first} AS other)`,
    ]);
    const where = this.#random.chance(0.6) ? ` WHERE ${scalars.boolean(2)}` : '';
    const order = this.#random.pick([
      '',
      '',
      ' ORDER BY ALL',
      ` ORDER BY ALL DESC LIMIT ${this.#random.between(0, 9)}`,
    ]);
    return { sql: `SELECT ${star} FROM ${this.#from}${where}${order}`, columns: [], orderedBy: [] };
  }

  /** With an order that is total where it is cut. */
  #ended(select: string, items: readonly Item[], hidden: readonly string[]): Question {
    const isExact = items.every(({ inexact }) => !inexact);
    const form = this.#random.pick(['none', 'some', 'all', 'places', 'hidden']);
    if (form === 'none') return { sql: select, columns: [], orderedBy: [] };
    this.#coverage.count('clauses', 'ORDER BY');
    if (form === 'all')
      return {
        sql: `${select} ORDER BY ALL${this.#cut(isExact)}`,
        columns: [],
        orderedBy: decidingKeys(items).map((_, i) => i),
      };
    if (form === 'hidden' && hidden.length > 0)
      return { sql: `${select} ORDER BY ${hidden.join(', ')}${this.#direction()}`, columns: [], orderedBy: [] };
    const places = form === 'places' ? items.map((_, i) => i) : [this.#random.between(0, items.length - 1)];
    const by = places.map(
      (place) => `${form === 'some' ? (own(items[place]?.alias) ?? place + 1) : place + 1}${this.#direction()}`,
    );
    const cut = form === 'places' ? this.#cut(isExact) : '';
    return {
      sql: `${select} ORDER BY ${by.join(', ')}${cut}`,
      columns: [],
      orderedBy: decidingKeys(places.flatMap((at) => items.slice(at, at + 1))).map((_, i) => places[i] ?? 0),
    };
  }

  #cut(isExact: boolean): string {
    if (!isExact || this.#random.chance(0.5)) return '';
    this.#coverage.count('clauses', 'LIMIT');
    return ` LIMIT ${this.#random.between(0, 20)}${this.#random.pick(['', ' OFFSET 4'])}`;
  }

  #item({ sql, inexact }: { readonly sql: string; readonly inexact: boolean }): Item {
    const column = this.#random.pick(this.#table.columns).name;
    const names = [
      `a${this.#aliases++}`,
      `a${this.#aliases++}`,
      `"A b${this.#aliases++}"`,
      this.#random.chance(0.3) ? column.toUpperCase() : '',
    ];
    const alias = this.#random.pick(names) || undefined;
    return { sql, alias, inexact, text: alias === undefined ? sql : `${sql} AS ${alias}` };
  }

  #cased(name: string): string {
    return this.#random.pick([quotedName(name), name, name.toUpperCase()]);
  }

  #direction(): string {
    return this.#random.pick(['', '', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST']);
  }

  #scalars(): Expressions {
    return new Expressions(this.#random, this.#columns, this.#coverage);
  }

  #some<T>(from: number, to: number, make: () => T): T[] {
    return Array.from({ length: this.#random.between(from, to) }, make);
  }
}

const texts = (items: readonly Item[]): string => items.map(({ text }) => text).join(', ');

/** An alias that is no column's name: those are taken otherwise in each clause. */
const own = (alias: string | undefined): string | undefined =>
  alias !== undefined && /^("A|a)/.test(alias) ? alias : undefined;
