import { quotedName } from '../../../shared/sql/text.ts';
import type { Random } from '../../simulation/random.ts';
import { Aggregates } from './aggregates.ts';
import type { Column } from './column.ts';
import type { Coverage } from './coverage.ts';
import { Expressions } from './expressions.ts';
import type { Surroundings } from './surroundings.ts';
import type { NamedTable } from './world.ts';

/** A SELECT with its columns, in their order. */
export interface Query {
  readonly sql: string;
  readonly columns: readonly Column[];
}

/** A whole question: what may be asked of its answer besides its rows. */
export interface Question extends Query {
  /** Places of columns that the rows are ordered by. */
  readonly orderedBy: readonly number[];
  /** The family that it is of, if it is of one. */
  readonly family?: string;
}

/** Something that stands after FROM. */
export interface Relation {
  readonly from: string;
  readonly columns: readonly Column[];
}

/** What all shapes of SELECTs are made with. */
export class QueryParts {
  readonly random: Random;
  readonly coverage: Coverage;
  readonly #tables: readonly NamedTable[];
  readonly #surroundings: Surroundings | undefined;
  #names = 0;

  constructor(random: Random, tables: readonly NamedTable[], coverage: Coverage, surroundings?: Surroundings) {
    this.#surroundings = surroundings;
    this.random = random;
    this.coverage = coverage;
    this.#tables = tables;
  }

  table(): Relation {
    const table = this.random.pick(this.#tables);
    this.coverage.count('sources', table.source);
    return this.named(table.from, table.columns);
  }

  /** One whose rows have a unique number; of a text file without rows nobody knows that it is one. */
  keyed(): Relation | undefined {
    const keyed = this.#tables.filter(({ columns }) => columns.some(({ unique, kind }) => unique && kind === 'number'));
    if (keyed.length === 0) return undefined;
    const table = this.random.pick(keyed);
    this.coverage.count('sources', table.source);
    return this.named(table.from, table.columns);
  }

  named(text: string, columns: readonly Column[]): Relation {
    const alias = this.name('r');
    return {
      from: `${text} AS ${alias}`,
      columns: columns.map((column) => ({ ...column, sql: `${alias}.${quotedName(column.name)}` })),
    };
  }

  /** An item that makes a row of a list, at times: its SELECT is gathered. */
  rowMaker(): { sql: string; kind: 'number'; wild: boolean; inexact: boolean }[] {
    return this.gathers() ? [{ sql: 'unnest([1])', kind: 'number', wild: false, inexact: false }] : [];
  }

  gathers(): boolean {
    return this.#surroundings?.gathers() ?? false;
  }

  scalars(relation: Relation): Expressions {
    return new Expressions(this.random, relation.columns, this.coverage, this.#surroundings);
  }

  /** @param isMergeable only those that merge from parts; absent: perhaps */
  aggregates(relation: Relation, scalars: Expressions, isMergeable = this.random.chance(0.5)): Aggregates {
    const about = { scalars, isMergeable, surroundings: this.#surroundings };
    return new Aggregates(this.random, relation.columns, this.coverage, about);
  }

  keyOf(relation: Relation): string {
    const exact = relation.columns.filter(({ inexact }) => !inexact);
    const keys = exact.filter(({ name }) => name === 'k');
    const numbers = exact.filter(({ kind }) => kind === 'number');
    const texts = (keys.length > 0 ? keys : numbers).map(({ sql }) => sql);
    return this.random.pick(texts.length === 0 ? ['1'] : texts);
  }

  where(scalars: Expressions): string {
    if (!this.random.chance(0.4)) return '';
    this.coverage.count('clauses', 'WHERE');
    return ` WHERE ${scalars.boolean(2)}`;
  }

  direction(): string {
    return this.random.pick(['', '', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST']);
  }

  times<T>(from: number, to: number, make: () => T): T[] {
    return Array.from({ length: this.random.between(from, to) }, make);
  }

  keep(column: Column): Column {
    return { ...column, name: this.name('c'), unique: column.unique };
  }

  column({ kind, wild, inexact }: Pick<Column, 'kind' | 'wild' | 'inexact'> & { sql: string }): Column {
    const name = this.name('c');
    return { ...blank, name, sql: quotedName(name), kind, wild, inexact };
  }

  name(prefix: string): string {
    this.#names += 1;
    const odd =
      prefix === 'c' && this.random.chance(0.08) ? this.random.pick(['C', 'sel ect', 'ü', 'part', '_']) : prefix;
    return `${odd}${this.#names}`;
  }
}

export const blank: Column = { name: '', sql: '', kind: 'other', wild: true, inexact: false, unique: false };

export const list = (texts: readonly string[], columns: readonly Column[]): string =>
  texts.map((text, i) => `${text} AS ${quotedName(columns[i]?.name ?? '')}`).join(', ');
