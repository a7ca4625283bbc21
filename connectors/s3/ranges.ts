/** Bytes `[from, to)` of an object. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * The reads that cover ranges: neighbours that lie close are read together, what is long is cut, so that several may be
 * read at a time. In order and without overlap. Pure.
 *
 * @param gapBytes ranges so close are read with what lies between
 * @param bytesMax the most that one read asks for
 */
export function readsOf(ranges: readonly Range[], gapBytes: number, bytesMax: number): Range[] {
  const sorted = ranges.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from);
  const joined: { from: number; to: number }[] = [];
  for (const { from, to } of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.to + gapBytes) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined.flatMap((range) => cut(range, bytesMax));
}

function cut({ from, to }: Range, bytesMax: number): Range[] {
  const count = Math.ceil((to - from) / bytesMax);
  const at = (i: number): number => from + Math.floor(((to - from) * i) / count);
  return Array.from({ length: count }, (_, i) => ({ from: at(i), to: at(i + 1) }));
}

/** What is needed of a column chunk, as `parquet_metadata` tells it. Offsets that the file does not tell are null. */
export interface ColumnChunk {
  readonly rowGroup: number;
  /** Of the row group. */
  readonly rows: number;
  /** Names from the top, joined by `, `. */
  readonly path: string;
  readonly dataOffset: number;
  readonly dictionaryOffset: number | null;
  readonly indexOffset: number | null;
  readonly compressedBytes: number;
  readonly bloomOffset: number | null;
  readonly bloomBytes: number | null;
}

/** Some writers leave the header of the dictionary page out of a chunk's size (PARQUET-816). */
const chunkSlackBytes = 128;

/**
 * The byte ranges that a reader of some columns of some rows of a Parquet file looks at, besides the footer: column
 * chunks, and the Bloom filters by which it may pass over row groups. Rather too many than too few. Pure.
 *
 * @param columns names of the columns, in any case; what the file does not have by that name makes all be needed
 * @param rows `[firstRow, firstRow + rows)` by position in the file
 * @param optional names that need not be in the file
 */
export function parquetRanges(
  chunks: readonly ColumnChunk[],
  columns: readonly string[],
  rows: { readonly firstRow: number; readonly rows: number },
  optional: ReadonlySet<string>,
  sizeBytes: number,
): Range[] {
  const wanted = columns.map((name) => name.toLowerCase());
  const isOf = (path: string, name: string): boolean => path === name || path.startsWith(`${name}, `);
  const paths = new Set(chunks.map(({ path }) => path.toLowerCase()));
  const isStrange = wanted.some((name) => !optional.has(name) && ![...paths].some((path) => isOf(path, name)));
  const groups = groupsOf(chunks, rows);
  const needed = chunks.filter(({ path }) => isStrange || wanted.some((name) => isOf(path.toLowerCase(), name)));
  // A reader asks the filters of all row groups before it looks at which of them the rows lie in.
  return [
    ...needed.filter(({ rowGroup }) => groups.has(rowGroup)).map((chunk) => dataRange(chunk, sizeBytes)),
    ...needed.flatMap((chunk) => bloomRange(chunk, sizeBytes)),
  ];
}

function groupsOf(chunks: readonly ColumnChunk[], { firstRow, rows }: { firstRow: number; rows: number }): Set<number> {
  const sizes = new Map(chunks.map((chunk) => [chunk.rowGroup, chunk.rows]));
  const needed = new Set<number>();
  let at = 0;
  for (const [group, size] of [...sizes].sort(([a], [b]) => a - b)) {
    if (at < firstRow + rows && at + size > firstRow) needed.add(group);
    at += size;
  }
  return needed;
}

function dataRange(chunk: ColumnChunk, sizeBytes: number): Range {
  const starts = [chunk.dataOffset, chunk.dictionaryOffset, chunk.indexOffset].filter((at) => at !== null && at > 0);
  const from = Math.min(...(starts as number[]));
  return { from, to: Math.min(sizeBytes, from + chunk.compressedBytes + chunkSlackBytes) };
}

function bloomRange({ bloomOffset, bloomBytes }: ColumnChunk, sizeBytes: number): Range[] {
  if (bloomOffset === null) return [];
  // Older writers do not tell how long a filter is: it may go on to the footer.
  const to = bloomBytes === null ? sizeBytes : Math.min(sizeBytes, bloomOffset + bloomBytes);
  return [{ from: bloomOffset, to }];
}
