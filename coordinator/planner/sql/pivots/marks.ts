import { type Token, tokenize } from '../../../../shared/sql/tokens.ts';

/** A PIVOT's column whose values are not written: its name in the tree, in place of the values. */
export interface Mark {
  readonly name: string;
  /** The SELECT that yields the values, where one stands in the text: `ON column IN (SELECT …)`. */
  readonly select?: string;
}

export interface Marked {
  readonly text: string;
  /** In the order of the text. */
  readonly marks: readonly Mark[];
}

/**
 * Writes `IN mark` behind each column of a PIVOT statement that has no values: what DuckDB's parser would make two
 * statements of becomes one, in which a mark stands for a list. Lexical only: whether the marks stand where they should,
 * the parser says.
 */
export function markPivots(text: string): Marked {
  const tokens = numbered(tokenize(text));
  const depths = depthsOf(tokens);
  const prefix = unusedPrefix(tokens);
  const edits = tokens
    .flatMap((token, at) =>
      isWord(token, pivots) && !isClause(at, tokens, depths) ? columnsOf(at, tokens, depths) : [],
    )
    .sort((a, b) => a.from - b.from);
  const marks: Mark[] = [];
  let out = '';
  let at = 0;
  for (const { from, to, select } of edits) {
    const name = `${prefix}${marks.length}`;
    out += `${textOf(tokens, at, from)} IN ${name}`;
    at = to;
    marks.push({ name, ...(select === undefined ? {} : { select }) });
  }
  return { text: out + textOf(tokens, at, tokens.length), marks };
}

/** `?` as `$1`, `$2`, …: what of the text is parsed alone keeps its numbers. */
function numbered(tokens: readonly Token[]): Token[] {
  let asked = 0;
  return tokens.map((token) =>
    token.kind === 'other' && token.sql === '?' ? { kind: 'parameter', sql: `$${++asked}` } : token,
  );
}

/** A place of the text, and what becomes of it: tokens from `from` to before `to` are replaced. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly select?: string;
}

const pivots: ReadonlySet<string> = new Set(['pivot', 'pivot_wider']);
/** What may follow a PIVOT's columns. */
const ends: ReadonlySet<string> = new Set([
  ...(['using', 'group', 'order', 'limit', 'offset', 'union', 'except', 'intersect', ';'] as const),
]);
const selects: ReadonlySet<string> = new Set(['select', 'from', 'with', 'values', 'pivot', 'pivot_wider', 'unpivot']);

const textOf = (tokens: readonly Token[], from: number, to: number): string =>
  tokens
    .slice(from, to)
    .map(({ sql }) => sql)
    .join('');

const isWord = ({ kind, sql }: Token, words: ReadonlySet<string>): boolean =>
  (kind === 'word' || sql === ';') && words.has(sql.toLowerCase());

/** How many brackets are open around each token; a bracket counts as outside. */
function depthsOf(tokens: readonly Token[]): number[] {
  let depth = 0;
  return tokens.map(({ kind, sql }) => {
    if (kind !== 'other') return depth;
    if (')]}'.includes(sql)) depth--;
    return '([{'.includes(sql) ? depth++ : depth;
  });
}

function unusedPrefix(tokens: readonly Token[]): string {
  let prefix = 'pivot_values_';
  while (tokens.some(({ sql }) => sql.toLowerCase().includes(prefix))) prefix += '_';
  return prefix;
}

/** `FROM t PIVOT (sum(x) FOR y IN (…))`: there values are always written. */
function isClause(pivot: number, tokens: readonly Token[], depths: readonly number[]): boolean {
  const open = nextOf(pivot + 1, tokens);
  if (tokens[open]?.sql !== '(') return false;
  const close = endOfDepth(open + 1, (depths[open] ?? 0) + 1, depths);
  return tokens
    .slice(open, close)
    .some((token, i) => isWord(token, new Set(['for'])) && depths[open + i] === (depths[open] ?? 0) + 1);
}

const nextOf = (from: number, tokens: readonly Token[]): number => {
  const at = tokens.findIndex(({ kind }, i) => i >= from && kind !== 'space');
  return at < 0 ? tokens.length : at;
};

/** The end of what stands at least so deep. */
function endOfDepth(from: number, depth: number, depths: readonly number[]): number {
  const at = depths.findIndex((other, i) => i >= from && other < depth);
  return at < 0 ? depths.length : at;
}

/** The columns without values of the PIVOT at a token. */
function columnsOf(pivot: number, tokens: readonly Token[], depths: readonly number[]): Edit[] {
  const depth = depths[pivot] ?? 0;
  const end = endOfDepth(pivot, depth, depths);
  const isHere = (at: number, words: ReadonlySet<string>): boolean => {
    const token = tokens[at];
    return token !== undefined && depths[at] === depth && isWord(token, words);
  };
  const places = Array.from({ length: end - pivot - 1 }, (_, i) => pivot + 1 + i);
  const last = places.find((at) => isHere(at, new Set([...ends].filter((word) => word !== 'using')))) ?? end;
  // A join in the source has an ON of its own, before.
  const on = places.filter((at) => at < last && isHere(at, new Set(['on']))).at(-1);
  if (on === undefined) return [];
  const stop = places.find((at) => at > on && isHere(at, ends)) ?? last;
  const commas = places.filter((at) => at > on && at < stop && depths[at] === depth && tokens[at]?.sql === ',');
  const starts = [on, ...commas];
  return starts.flatMap((start, i) => columnOf(start + 1, starts[i + 1] ?? stop, tokens, isHere) ?? []);
}

function columnOf(
  from: number,
  to: number,
  tokens: readonly Token[],
  isHere: (at: number, words: ReadonlySet<string>) => boolean,
): Edit | undefined {
  const own = Array.from({ length: to - from }, (_, i) => from + i).filter((at) => tokens[at]?.kind !== 'space');
  const last = own.at(-1);
  if (last === undefined) return undefined; // a comma at the end
  const list = own.find((at) => isHere(at, new Set(['in'])));
  if (list === undefined) return { from: last + 1, to: last + 1 };
  const first = tokens[nextOf(nextOf(list + 1, tokens) + 1, tokens)];
  if (first === undefined || !isWord(first, selects)) return undefined;
  const before = own.filter((at) => at < list).at(-1) ?? list;
  return { from: before + 1, to: last + 1, select: textOf(tokens, nextOf(list + 1, tokens) + 1, last) };
}
