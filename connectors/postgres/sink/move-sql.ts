import { literal, quotedName } from '../../../shared/sql/text.ts';
import type { Placed } from './fit.ts';
import { misfitReason } from './misfit-sql.ts';

/** Rows on their way from staging tables into the target: everything that the statements need. */
export interface Move {
  /** Quoted. */
  readonly target: string;
  /** Quoted, in the order of their tasks. */
  readonly staging: readonly string[];
  readonly placed: readonly Placed[];
  /** Names of the incoming columns. */
  readonly key: readonly string[];
  readonly orderBy?: string | undefined;
  /** Rows that do not fit are left out. */
  readonly rejecting: boolean;
}

const targetName = ({ target, staged }: Placed): string => quotedName(target?.name ?? staged.name);
const loaded = ({ placed }: Move): readonly Placed[] => placed.filter(({ target }) => target !== undefined);
const columnList = (move: Move): string => loaded(move).map(targetName).join(', ');

const values = (move: Move): string =>
  loaded(move)
    .map(({ staged, target }) => {
      const name = `s.${quotedName(staged.name)}`;
      return target === undefined || target.type === staged.type ? name : `${name}::${target.type}`;
    })
    .join(', ');

const fitting = (move: Move): string => (move.rejecting ? ` WHERE ${misfitReason(move.placed, move.key)} IS NULL` : '');

/** All rows of one staging table. */
export const appendSql = (move: Move, staging: string): string =>
  `INSERT INTO ${move.target} (${columnList(move)}) SELECT ${values(move)} FROM ${staging} s${fitting(move)}`;

/** Rows that do not fit, as JSON with their reasons. `$1 … $3`: run, pipeline, output. */
export const rejectSql = (move: Move, staging: string, rejects: string): string => `
  INSERT INTO ${rejects} (run, pipeline, output, stage, rule, reason, row, rejected_at)
  SELECT $1, $2, $3, 'load', 'contract', r.reason, to_jsonb(s.*)::text, now() AT TIME ZONE 'UTC'
  FROM ${staging} s, LATERAL (SELECT ${misfitReason(move.placed, move.key)} AS reason) r WHERE r.reason IS NOT NULL`;

/**
 * One row for each key: that with the greatest order, of equal ones that of the last task, there the last one written.
 * The place in a staging table (`ctid`) is the order of writing: it is filled once and never changed.
 */
function newestSql(move: Move): string {
  const parts = move.staging.map(
    (table, task) => `SELECT ${task} AS sheaf_task, s.ctid AS sheaf_place, s.* FROM ${table} s${fitting(move)}`,
  );
  const key = move.key.map(quotedName).join(', ');
  const order = move.orderBy === undefined ? '' : `, ${quotedName(move.orderBy)} DESC NULLS LAST`;
  return `SELECT DISTINCT ON (${key}) * FROM (${parts.join(' UNION ALL ')}) u
    ORDER BY ${key}${order}, sheaf_task DESC, sheaf_place DESC`;
}

/** Into a table with a unique index over just the key. */
export function upsertSql(move: Move): string {
  const key = keyColumns(move).map(targetName).join(', ');
  const set = otherColumns(move).map((one) => `${targetName(one)} = excluded.${targetName(one)}`);
  const order = orderColumn(move);
  const newer =
    order === undefined
      ? ''
      : ` WHERE t.${targetName(order)} IS NULL OR excluded.${targetName(order)} >= t.${targetName(order)}`;
  const action = set.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${set.join(', ')}${newer}`;
  return `INSERT INTO ${move.target} AS t (${columnList(move)}) SELECT ${values(move)} FROM (${newestSql(move)}) s
    ON CONFLICT (${key}) ${action}`;
}

/** The newest rows, for `updateSql` and `insertNewSql`. */
const mergeTable = 'pg_temp.sheaf_merge';
/** Collects the newest row of each key for `updateSql` and `insertNewSql`. */
export const collectSql = (move: Move): string => `CREATE TEMP TABLE sheaf_merge ON COMMIT DROP AS ${newestSql(move)}`;

/** Rows that are there already; undefined if they have nothing but their key. */
export function updateSql(move: Move): string | undefined {
  const set = otherColumns(move).map((one) => `${targetName(one)} = ${value(one)}`);
  if (set.length === 0) return undefined;
  const order = orderColumn(move);
  const newer =
    order === undefined ? '' : ` AND (t.${targetName(order)} IS NULL OR ${value(order)} >= t.${targetName(order)})`;
  return `UPDATE ${move.target} t SET ${set.join(', ')} FROM ${mergeTable} s WHERE ${sameKey(move)}${newer}`;
}

/** Inserts the collected rows whose key the target does not have. */
export const insertNewSql = (move: Move): string =>
  `INSERT INTO ${move.target} (${columnList(move)}) SELECT ${values(move)} FROM ${mergeTable} s
   WHERE NOT EXISTS (SELECT FROM ${move.target} t WHERE ${sameKey(move)})`;

/** How many rows have no key. */
export const nullKeysSql = (move: Move): string => {
  const isNull = move.key.map((name) => `${quotedName(name)} IS NULL`).join(' OR ');
  return move.staging.map((table) => `SELECT count(*) AS rows FROM ${table} WHERE ${isNull}`).join(' UNION ALL ');
};

const value = ({ staged, target }: Placed): string =>
  `s.${quotedName(staged.name)}${target === undefined || target.type === staged.type ? '' : `::${target.type}`}`;

const sameKey = (move: Move): string =>
  keyColumns(move)
    .map((one) => `t.${targetName(one)} = ${value(one)}`)
    .join(' AND ');

const keyColumns = (move: Move): readonly Placed[] =>
  loaded(move).filter(({ staged }) => move.key.includes(staged.name));
const otherColumns = (move: Move): readonly Placed[] =>
  loaded(move).filter(({ staged }) => !move.key.includes(staged.name));
const orderColumn = (move: Move): Placed | undefined => loaded(move).find(({ staged }) => staged.name === move.orderBy);

/** A text of SQL for each, and how many rows it has. */
export const countsSql = (move: Move): string =>
  move.staging.map((table) => `SELECT ${literal(table)} AS name, count(*) AS rows FROM ${table}`).join(' UNION ALL ');
