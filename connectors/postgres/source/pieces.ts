import { literal, quotedName } from '../../../shared/sql/text.ts';
import type { Session } from '../session.ts';

/** Part of a relation, as a condition: plain data, which stands in plans. */
export interface Range {
  /** SQL of PostgreSQL, or null for all rows. */
  readonly where: string | null;
  /** About. */
  readonly rows: number;
  readonly bytes: number;
}

/** What the catalogue knows of a table. */
export interface TableFacts {
  readonly oid: string;
  /** Of `pg_class`: r table, p partitioned table, m materialised view, v view, f foreign table. */
  readonly kind: string;
  readonly pages: number;
  readonly rows: number;
}

const pageBytes = 8192;

/** Whether places in the file (`ctid`) can be asked for. */
export const hasPlaces = ({ kind }: TableFacts): boolean => kind === 'r' || kind === 'm' || kind === 'p';

/** The relation that the session's `search_path` finds under the quoted name. */
export async function tableFacts(session: Session, quoted: string): Promise<TableFacts> {
  // The size of the file counts, not `relpages`, which is as old as the last VACUUM. Partitions count for their parent.
  const [row] = await session.rows<{ oid: string; kind: string; pages: string; rows: string }>(
    `SELECT c.oid, c.relkind AS kind, greatest(c.reltuples, 0)::bigint AS rows,
       CASE c.relkind
         WHEN 'p' THEN (SELECT coalesce(max(pg_relation_size(relid)), 0) FROM pg_partition_tree(c.oid)) / ${pageBytes}
         WHEN 'v' THEN 0 WHEN 'f' THEN 0 ELSE pg_relation_size(c.oid) / ${pageBytes} END AS pages
     FROM pg_class c WHERE c.oid = $1::regclass`,
    [quoted],
  );
  const { oid = '', kind = 'r', pages = '0', rows = '0' } = row ?? {};
  return { oid, kind, pages: Number(pages), rows: Number(rows) };
}

/** How many pieces are worth having. */
export function pieceCount(bytes: number, limits: { pieceBytes: number; piecesMax: number; slots: number }): number {
  const bySize = Math.ceil(bytes / limits.pieceBytes);
  // A table of some size feeds all slots.
  const wanted = bytes > limits.pieceBytes / 8 ? Math.max(bySize, limits.slots) : bySize;
  return Math.max(1, Math.min(wanted, limits.piecesMax));
}

/** Ranges of places in the table's file. The last one has no end: rows of the snapshot may lie on pages added since. */
export function placeRanges(facts: TableFacts, count: number): Range[] {
  const size = { rows: Math.ceil(facts.rows / count), bytes: Math.ceil((facts.pages * pageBytes) / count) };
  const bound = (piece: number): string => `'(${Math.floor((facts.pages * piece) / count)},0)'::tid`;
  return Array.from({ length: count }, (_, piece) => {
    const conditions = [
      ...(piece === 0 ? [] : [`ctid >= ${bound(piece)}`]),
      ...(piece === count - 1 ? [] : [`ctid < ${bound(piece + 1)}`]),
    ];
    return { where: conditions.join(' AND ') || null, ...size };
  });
}

/**
 * Ranges of a key between bounds in its order, as texts: PostgreSQL takes them as of the key's type. Null is in the
 * first.
 */
export function keyRanges(
  key: string,
  bounds: readonly string[],
  size: { readonly rows: number; readonly bytes: number },
): Range[] {
  const name = quotedName(key);
  const each = { rows: Math.ceil(size.rows / (bounds.length + 1)), bytes: Math.ceil(size.bytes / (bounds.length + 1)) };
  return [undefined, ...bounds].map((from, piece) => {
    const to = bounds[piece];
    if (from === undefined && to === undefined) return { where: null, ...each };
    if (from === undefined) return { where: `(${name} < ${literal(to ?? '')} OR ${name} IS NULL)`, ...each };
    return { where: `${name} >= ${literal(from)}${to === undefined ? '' : ` AND ${name} < ${literal(to)}`}`, ...each };
  });
}

/** Evenly chosen bounds of a histogram, which has its least and its greatest value at the ends. Distinct, in order. */
export function chooseBounds(histogram: readonly string[], count: number): string[] {
  const chosen = Array.from({ length: count - 1 }, (_, i) =>
    Math.round(((i + 1) * (histogram.length - 1)) / count),
  ).filter((at) => at > 0 && at < histogram.length - 1);
  return [...new Set(chosen)].map((at) => histogram[at] ?? '');
}

/** Bounds of equal width between two integers. */
export function evenBounds(least: bigint, greatest: bigint, count: number): string[] {
  const width = greatest - least + 1n;
  const bounds = Array.from({ length: count - 1 }, (_, i) => least + (width * BigInt(i + 1)) / BigInt(count));
  return [...new Set(bounds)].filter((bound) => bound > least).map(String);
}

/** The histogram that ANALYZE made of the column, as texts; empty if there is none. */
export async function histogramOf(session: Session, oid: string, column: string): Promise<string[]> {
  const rows = await session.rows<{ bound: string }>(
    `SELECT unnest(s.histogram_bounds::text::text[]) AS bound FROM pg_stats s
     JOIN pg_class c ON c.relname = s.tablename JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = s.schemaname
     WHERE c.oid = $1::oid AND s.attname = $2 AND s.histogram_bounds IS NOT NULL`,
    [oid, column],
  );
  return rows.map(({ bound }) => bound);
}
