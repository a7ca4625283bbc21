import { SheafError } from '../../shared/errors.ts';
import type { NamedExpression } from '../../shared/plan/nodes/expression.ts';
import type { SchemaSpec } from '../../shared/schema.ts';
import type { SortKey } from '../expressions/expression.ts';
import { quoteName } from '../expressions/identifier.ts';
import type { Typed } from '../expressions/typed.ts';
import type { Offers, Resolve } from '../expressions/types.ts';
import type { Aggregate, WindowFunction } from '../expressions/windows.ts';
import { sortKeySql } from './columns.ts';
import type { AsSchema, ColumnName, OrderKey } from './types.ts';

/** What a window computes for each row: a function or an aggregate, or the SQL text of one call (`'ntile(4)'`). */
export type WindowColumn<S extends SchemaSpec> =
  | string
  | WindowFunction<unknown, Offers<S>>
  | (Pick<Aggregate, 'isAggregate'> & Typed<unknown, Offers<S>>);

/** What a window adds, by column name. */
export type WindowColumns<S extends SchemaSpec> = Readonly<Record<string, WindowColumn<S>>>;

/** Rows around each row, and what to compute of them. */
export interface WindowOptions<S extends SchemaSpec, C> {
  /** Rows that are equal in these columns or expressions belong together. Without: all rows do, in one task. */
  readonly partitionBy?: PartitionKey<S> | readonly PartitionKey<S>[];
  /** The order within a partition, as in `orderBy`. */
  readonly orderBy?: OrderKey<S> | readonly OrderKey<S>[];
  /**
   * The frame: rows from the first to the last of these distances, before (negative), at (0) or behind the row; null:
   * as far as there are. Without: from the partition's first row to those that are equal to this one in the order;
   * without an order, the whole partition.
   */
  readonly rows?: readonly [from: number | null, to: number | null];
  /** Columns to add, by name. */
  readonly columns: C;
}

type PartitionKey<S extends SchemaSpec> = ColumnName<S> | Typed<unknown, Offers<S>>;

/** The schema `S` with a window's columns. */
export type Windowed<S extends SchemaSpec, C> = string extends keyof S
  ? SchemaSpec
  : AsSchema<
      S & {
        readonly [Name in keyof C & string]: C[Name] extends WindowFunction<infer Type>
          ? Resolve<Type, S>
          : C[Name] extends Typed<infer Type>
            ? Resolve<Type, S>
            : 'unknown';
      }
    >;

/** The same without types. */
export interface AnyWindow {
  readonly partitionBy?: Key | readonly Key[];
  readonly orderBy?: Key | readonly Key[];
  readonly rows?: readonly [number | null, number | null];
  readonly columns: Readonly<Record<string, Key>>;
}

type Key = string | { readonly sql: string };

/** @throws SheafError `PLAN_INVALID` for a frame that is none, or no columns */
export function windowColumns(
  { partitionBy = [], orderBy = [], rows, columns }: AnyWindow,
  names: readonly string[] | undefined,
): readonly NamedExpression[] {
  const by = listOf(partitionBy).map((key) => (typeof key === 'string' ? quoteName(key) : key.sql));
  const order = listOf(orderBy).map((key) => sortKeySql(key as string | SortKey | Typed, names));
  const clauses = [
    ...(by.length === 0 ? [] : [`PARTITION BY ${by.join(', ')}`]),
    ...(order.length === 0 ? [] : [`ORDER BY ${order.join(', ')}`]),
    ...(rows === undefined ? [] : [frameOf(rows)]),
  ];
  const over = `OVER (${clauses.join(' ')})`;
  const added = Object.entries(columns);
  if (added.length === 0)
    throw new SheafError('PLAN_INVALID', 'A window computes nothing', {
      next: 'Name what it computes: { columns: { nth: rowNumber() } }.',
    });
  return added.map(([name, call]) => ({ name, sql: `${typeof call === 'string' ? call : call.sql} ${over}` }));
}

const listOf = (given: Key | readonly Key[]): readonly Key[] =>
  typeof given === 'string' || 'sql' in given ? [given] : given;

function frameOf([from, to]: readonly [number | null, number | null]): string {
  const isWhole = [from, to].every((distance) => distance === null || Number.isSafeInteger(distance));
  if (!isWhole || (from !== null && to !== null && from > to))
    throw new SheafError('PLAN_INVALID', `The rows [${from}, ${to}] of a window are no frame`, {
      next: 'Give two whole numbers, the smaller first: [-2, 0] is this row and the two before it.',
    });
  return `ROWS BETWEEN ${edge(from, 'PRECEDING')} AND ${edge(to, 'FOLLOWING')}`;
}

const edge = (distance: number | null, far: string): string =>
  distance === null
    ? `UNBOUNDED ${far}`
    : distance === 0
      ? 'CURRENT ROW'
      : `${Math.abs(distance)} ${distance < 0 ? 'PRECEDING' : 'FOLLOWING'}`;
