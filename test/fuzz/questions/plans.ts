import type { PlanNode } from '../../../shared/plan/node.ts';
import type { NamedExpression } from '../../../shared/plan/nodes/expression.ts';
import type { JoinType } from '../../../shared/plan/nodes/join.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { Random } from '../../simulation/random.ts';
import { Aggregates } from './aggregates.ts';
import { type Column, decidingKeys } from './column.ts';
import type { Coverage } from './coverage.ts';
import { Expressions } from './expressions.ts';
import type { PlanTable } from './world.ts';

/** A plan as a dataset builds it, with its columns. */
export interface MadePlan {
  readonly node: PlanNode;
  readonly columns: readonly Column[];
}

export interface PlanQuestion extends MadePlan {
  readonly orderedBy: readonly number[];
}

/** Makes plans of the dataset API over tables. */
export class Plans {
  readonly #random: Random;
  readonly #tables: readonly PlanTable[];
  readonly #coverage: Coverage;
  #names = 0;

  constructor(random: Random, tables: readonly PlanTable[], coverage: Coverage) {
    this.#random = random;
    this.#tables = tables;
    this.#coverage = coverage;
  }

  question(): PlanQuestion {
    const made = this.#chain(this.#random.between(1, 5));
    if (this.#random.chance(0.5)) return { ...made, orderedBy: [] };
    const isCut = this.#random.chance(0.5) && made.columns.every(({ inexact }) => !inexact);
    const some = made.columns.filter(() => this.#random.chance(0.4));
    const keys = isCut || some.length === 0 ? made.columns : some;
    const sorted = this.#sort(made.node, keys);
    const node = isCut ? this.#limit(sorted) : sorted;
    return { node, columns: made.columns, orderedBy: decidingKeys(keys).map((key) => made.columns.indexOf(key)) };
  }

  #chain(steps: number): MadePlan {
    let made = this.#scan();
    for (let i = 0; i < steps; i++) made = this.#step(made, steps);
    return made;
  }

  #scan(): MadePlan {
    const { node, source, columns } = this.#random.pick(this.#tables);
    this.#coverage.count('sources', source);
    return { node, columns };
  }

  #step(input: MadePlan, steps: number): MadePlan {
    return this.#random.pick<() => MadePlan>([
      () => this.#filter(input),
      () => this.#filter(input),
      () => this.#project(input),
      () => this.#extend(input),
      () => this.#aggregate(input),
      () => this.#aggregate(input),
      () => this.#aggregate(input),
      () => this.#distinct(input),
      () => this.#join(input, steps),
      () => this.#join(input, steps),
      () => this.#union(input),
      () => this.#repartition(input),
      () => this.#top(input),
      () => this.#window(input),
    ])();
  }

  #filter({ node, columns }: MadePlan): MadePlan {
    this.#coverage.count('plan nodes', 'filter');
    return { node: { kind: 'filter', input: node, predicate: this.#scalars(columns).boolean(2) }, columns };
  }

  #project({ node, columns }: MadePlan): MadePlan {
    this.#coverage.count('plan nodes', 'project');
    const scalars = this.#scalars(columns);
    const kept = columns.filter(() => this.#random.chance(0.5));
    const made = this.#times(1, 3, () => ({ ...scalars.any(), inexact: false }));
    const all = [...kept.map((column) => ({ ...column })), ...made.map((item) => this.#column(item))];
    const texts = [...kept, ...made].map(({ sql }) => sql);
    return { node: { kind: 'project', input: node, columns: named(texts, all) }, columns: all };
  }

  #extend({ node, columns }: MadePlan): MadePlan {
    this.#coverage.count('plan nodes', 'extend');
    const made = { ...this.#scalars(columns).any(), inexact: false };
    const column = this.#column(made);
    return {
      node: { kind: 'extend', input: node, columns: named([made.sql], [column]) },
      columns: [...columns, column],
    };
  }

  #aggregate({ node, columns }: MadePlan): MadePlan {
    this.#coverage.count('plan nodes', 'aggregate');
    const scalars = this.#scalars(columns);
    const aggregates = new Aggregates(this.#random, columns, this.#coverage, { scalars });
    const keys = this.#times(0, 2, () => ({ ...scalars.key(), inexact: false }));
    const made = this.#times(1, 4, () => aggregates.any());
    const keyColumns = keys.map((key) => this.#column(key));
    const madeColumns = made.map((item) => this.#column(item));
    return {
      node: {
        kind: 'aggregate',
        input: node,
        keys: named(
          keys.map(({ sql }) => sql),
          keyColumns,
        ),
        aggregates: named(
          made.map(({ sql }) => sql),
          madeColumns,
        ),
      },
      columns: [...keyColumns, ...madeColumns],
    };
  }

  #window({ node, columns }: MadePlan): MadePlan {
    this.#coverage.count('plan nodes', 'window');
    const scalars = this.#scalars(columns);
    const made = this.#times(1, 2, () => {
      const [by, key] = [scalars.key().sql, scalars.key().sql];
      const call = this.#random.pick(['rank()', 'dense_rank()', 'count(*)', `max(${key})`, 'cume_dist()']);
      const partition = this.#random.chance(0.7) ? `PARTITION BY ${scalars.key().sql} ` : '';
      return { sql: `${call} OVER (${partition}ORDER BY ${by})`, kind: 'other' as const, wild: true, inexact: false };
    });
    const added = made.map((item) => this.#column(item));
    const texts = made.map(({ sql }) => sql);
    return { node: { kind: 'window', input: node, columns: named(texts, added) }, columns: [...columns, ...added] };
  }

  #distinct({ node, columns }: MadePlan): MadePlan {
    if (columns.some(({ inexact }) => inexact)) return { node, columns };
    this.#coverage.count('plan nodes', 'distinct');
    const kept = columns.filter(() => this.#random.chance(0.4));
    const some = kept.length === 0 ? columns.slice(0, 1) : kept;
    const project: PlanNode = {
      kind: 'project',
      input: node,
      columns: named(
        some.map(({ sql }) => sql),
        some,
      ),
    };
    return { node: { kind: 'distinct', input: project }, columns: some };
  }

  #join(left: MadePlan, steps: number): MadePlan {
    const right = this.#random.chance(0.3) ? this.#chain(Math.min(2, steps - 1)) : this.#scan();
    const type = this.#random.pick(joinTypes);
    const [a, b] = [this.#keyOf(left), this.#keyOf(right)];
    if (a === undefined || b === undefined) return left;
    if (a.name === b.name && this.#random.chance(0.5)) return this.#using(left, right, a, type);
    this.#coverage.count('joins', `${type} on`);
    if (a.type !== undefined && b.type !== undefined)
      this.#coverage.count('join keys', [a.type, b.type].sort().join(' = '));
    const l = this.#prefixed(left, 'l');
    const r = this.#prefixed(right, 'r');
    const [lk, rk] = [l.of(a), r.of(b)];
    const op = this.#random.pick(['=', '=', '=', '=', 'IS NOT DISTINCT FROM', '>']);
    const cut: MadePlan =
      op === '>'
        ? {
            ...r.made,
            node: {
              kind: 'limit',
              input: {
                kind: 'sort',
                input: r.made.node,
                keys: r.made.columns.filter(({ inexact }) => !inexact).map(({ sql }) => sql),
              },
              limit: 5,
              offset: 0,
            },
          }
        : r.made;
    const more = this.#random.chance(0.2)
      ? ` AND ${this.#scalars([...l.made.columns, ...r.made.columns]).boolean(1)}`
      : '';
    const sql = `l.${lk} ${op} r.${rk}${more}`;
    const columns = [...l.made.columns, ...(keepsRight(type) ? r.made.columns : [])].map((column) => ({
      ...column,
      unique: false,
    }));
    return {
      node: { kind: 'join', type, left: l.made.node, right: cut.node, on: { kind: 'condition', sql } },
      columns,
    };
  }

  #using(left: MadePlan, right: MadePlan, key: Column, type: JoinType): MadePlan {
    this.#coverage.count('joins', `${type} using`);
    const r = this.#prefixed(right, 'r', key.name);
    const l = this.#prefixed(left, 'l', key.name);
    const isKey = ({ name }: Column): boolean => name === key.name;
    const columns = [
      ...l.made.columns.filter(isKey),
      ...l.made.columns.filter((c) => !isKey(c)),
      ...(keepsRight(type) ? r.made.columns.filter((c) => !isKey(c)) : []),
    ];
    return {
      node: { kind: 'join', type, left: l.made.node, right: r.made.node, on: { kind: 'using', columns: [key.name] } },
      columns: columns.map((column) => ({ ...column, unique: false })),
    };
  }

  /** Under new names, so that the sides of a join have none in common. */
  #prefixed({ node, columns }: MadePlan, prefix: string, except = ''): { made: MadePlan; of(column: Column): string } {
    const renamed = columns.map((column) => {
      if (column.name === except) return column;
      const name = `${prefix}_${this.#names++}`;
      return { ...column, name, sql: quotedName(name) };
    });
    const project: PlanNode = {
      kind: 'project',
      input: node,
      columns: named(
        columns.map(({ sql }) => sql),
        renamed,
      ),
    };
    return { made: { node: project, columns: renamed }, of: (column) => renamed[columns.indexOf(column)]?.sql ?? '' };
  }

  #keyOf({ columns }: MadePlan): Column | undefined {
    const fit = columns.filter(({ kind, inexact }) => kind === 'number' && !inexact);
    const keys = fit.filter(({ name }) => name === 'k');
    const all = keys.length > 0 && this.#random.chance(0.7) ? keys : fit;
    return all.length === 0 ? undefined : this.#random.pick(all);
  }

  #union({ node, columns }: MadePlan): MadePlan {
    this.#coverage.count('plan nodes', 'union');
    const other = this.#random.chance(0.5) ? node : this.#filter({ node, columns }).node;
    return {
      node: { kind: 'union', inputs: [node, other] },
      columns: columns.map((column) => ({ ...column, unique: false })),
    };
  }

  #repartition({ node, columns }: MadePlan): MadePlan {
    this.#coverage.count('plan nodes', 'repartition');
    const partitions = this.#random.between(1, 5);
    const keys = this.#random.chance(0.6) ? [this.#scalars(columns).key().sql] : [];
    return { node: { kind: 'repartition', input: node, partitions, keys }, columns };
  }

  /** Sorted by everything and cut: ties are equal rows. */
  #top({ node, columns }: MadePlan): MadePlan {
    if (columns.some(({ inexact }) => inexact)) return { node, columns };
    this.#coverage.count('plan nodes', 'top');
    return { node: this.#limit(this.#sort(node, columns)), columns };
  }

  #sort(input: PlanNode, columns: readonly Column[]): PlanNode {
    this.#coverage.count('plan nodes', 'sort');
    const keys = columns.map(
      ({ sql }) => `${sql}${this.#random.pick(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])}`,
    );
    return { kind: 'sort', input, keys };
  }

  #limit(input: PlanNode): PlanNode {
    this.#coverage.count('plan nodes', 'limit');
    return { kind: 'limit', input, limit: this.#random.between(0, 60), offset: this.#random.pick([0, 0, 2]) };
  }

  #scalars(columns: readonly Column[]): Expressions {
    return new Expressions(this.#random, columns, this.#coverage);
  }

  #times<T>(from: number, to: number, make: () => T): T[] {
    return Array.from({ length: this.#random.between(from, to) }, make);
  }

  #column({ kind, wild, inexact }: Pick<Column, 'kind' | 'wild' | 'inexact'>): Column {
    const name = `c${this.#names++}`;
    return { name, sql: name, kind, wild, inexact, unique: false };
  }
}

const joinTypes: readonly JoinType[] = ['inner', 'inner', 'left', 'left', 'right', 'full', 'semi', 'anti'];

const keepsRight = (type: JoinType): boolean => type !== 'semi' && type !== 'anti';

const named = (texts: readonly string[], columns: readonly Column[]): NamedExpression[] =>
  texts.map((sql, i) => ({ name: columns[i]?.name ?? '', sql }));
