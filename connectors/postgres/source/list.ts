import { literal, quotedName } from '../../../shared/sql/text.ts';
import type { ListContext, ListedPiece, Listing } from '../../contract.ts';
import type { SourceOptions } from '../options.ts';
import { Session } from '../session.ts';
import * as pieces from './pieces.ts';
import { columnsOf, placeOf, type Relation, relationOf } from './relation.ts';
import { type HeldSnapshot, holdSnapshot } from './snapshot.ts';

/** What a task needs to know: plain data. */
export type PostgresPiece = {
  /** Of the transaction that the coordinator holds; null if each task reads its own. */
  readonly snapshot: string | null;
  readonly where: string | null;
  /** Counted from 1. */
  readonly number: number;
  readonly of: number;
};

/** The greatest value of the cursor's column that was read, as PostgreSQL writes it. */
export type PostgresCursor = string;

/** Lists the pieces, under a snapshot that tasks read too and that stays until the listing is released. */
export async function list(
  options: SourceOptions,
  context: ListContext<PostgresCursor>,
): Promise<Listing<PostgresPiece, PostgresCursor>> {
  const session = await Session.open(placeOf(options), { ...context, ...options });
  try {
    const schema = await columnsOf(session, options, context.schema);
    const held = options.snapshot ? await hold(session, options, context) : undefined;
    const news = await newsOf(session, options, context.cursor);
    const ranges = news.isEmpty ? [] : await rangesOf(session, options, context, news.where);
    if (held === undefined || ranges.length === 0) await session[Symbol.asyncDispose]();
    else session.detach();
    return {
      schema,
      pieces: ranges.map((range, i) => listed(range, news.where, held, i + 1, ranges.length)),
      deterministic: options.snapshot,
      ...(news.cursor === undefined ? {} : { cursor: news.cursor }),
      ...(held === undefined || ranges.length === 0 ? {} : { release: held.release }),
    };
  } catch (error) {
    session.break();
    throw session.error(error);
  }
}

const hold = (session: Session, options: SourceOptions, { config, log }: ListContext<string>): Promise<HeldSnapshot> =>
  holdSnapshot(session, { heldMsMax: config.postgresSnapshotHeldMsMax, log, lock: relationOf(options).table });

/** All conditions but a piece's own, and where the next listing goes on. */
interface News {
  readonly where: string | null;
  readonly isEmpty: boolean;
  readonly cursor?: PostgresCursor;
}

/** Both bounds of the cursor's column are fixed here, so that rows which come meanwhile are left to the next load. */
async function newsOf(session: Session, options: SourceOptions, cursor: string | undefined): Promise<News> {
  const { cursorColumn } = options;
  const given = options.where === undefined ? [] : [`(${options.where}\n)`];
  if (cursorColumn === undefined) return { where: given[0] ?? null, isEmpty: false };
  const column = quotedName(cursorColumn);
  const lower = cursor === undefined ? [`${column} IS NOT NULL`] : [`${column} > ${literal(cursor)}`];
  const since = [...given, ...lower].join(' AND ');
  const [row] = await session.rows<{ value: string }>(
    `SELECT ${column}::text AS value FROM ${relationOf(options).sql} WHERE ${since} ORDER BY ${column} DESC LIMIT 1`,
  );
  if (row === undefined) return { where: null, isEmpty: true, ...(cursor === undefined ? {} : { cursor }) };
  return { where: `${since} AND ${column} <= ${literal(row.value)}`, isEmpty: false, cursor: row.value };
}

async function rangesOf(
  session: Session,
  options: SourceOptions,
  context: ListContext<string>,
  where: string | null,
): Promise<pieces.Range[]> {
  const relation = relationOf(options);
  const { config, slots } = context;
  const limits = { pieceBytes: config.postgresPieceBytes, piecesMax: config.postgresPiecesMax, slots };
  const facts = relation.table === undefined ? undefined : await pieces.tableFacts(session, relation.table);
  const expected = await session.explain(`SELECT * FROM ${relation.sql} WHERE ${where ?? 'true'}`);
  const count = pieces.pieceCount(expected.bytes, limits);
  if (options.key !== undefined) {
    const bounds = await boundsOf(session, options.key, relation, facts, Math.max(count, slots));
    return pieces.keyRanges(options.key, bounds, expected);
  }
  // Few rows of many are left to an index, if there is one, and to one task.
  if (facts === undefined || !pieces.hasPlaces(facts) || count === 1) return [{ where: null, ...expected }];
  return pieces.placeRanges(facts, count).map((range) => ({ ...range, rows: Math.ceil(expected.rows / count) }));
}

async function boundsOf(
  session: Session,
  key: string,
  relation: Relation,
  facts: pieces.TableFacts | undefined,
  count: number,
): Promise<string[]> {
  const histogram = facts === undefined ? [] : await pieces.histogramOf(session, facts.oid, key);
  if (histogram.length > 2) return pieces.chooseBounds(histogram, count);
  const name = quotedName(key);
  const [row] = await session.rows<{ least: string | null; greatest: string | null }>(
    `SELECT min(${name})::text AS least, max(${name})::text AS greatest FROM ${relation.sql}`,
  );
  const { least = null, greatest = null } = row ?? {};
  const isWhole = least !== null && greatest !== null && /^-?\d+$/.test(least) && /^-?\d+$/.test(greatest);
  return isWhole ? pieces.evenBounds(BigInt(least), BigInt(greatest), count) : [];
}

function listed(
  range: pieces.Range,
  where: string | null,
  held: HeldSnapshot | undefined,
  number: number,
  of: number,
): ListedPiece<PostgresPiece> {
  const conditions = [range.where, where].filter((condition) => condition !== null);
  return {
    piece: { snapshot: held?.id ?? null, where: conditions.join(' AND ') || null, number, of },
    rows: range.rows,
    bytes: range.bytes,
  };
}
