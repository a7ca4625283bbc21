import type { NamedExpression } from '../../shared/plan/nodes/expression.ts';
import type { WrittenPath } from '../../shared/plan/nodes/sql.ts';
import { unquotedText } from '../../shared/sql/text.ts';
import { type Token, tokenize } from '../../shared/sql/tokens.ts';
import { quoteText } from '../../shared/sql/value.ts';
import { absolutePath } from '../read/paths.ts';

const dataFile = /\.(parquet|csv|tsv|json|jsonl|ndjson|arrow|arrows|feather|ipc)(\.(gz|zst|bz2))?$/i;
/** What a file is named behind. */
const leads = /^(from|join|pivot|pivot_wider|unpivot|pivot_longer|describe|summarize|table)$/i;
const readers = /^(read_\w+|parquet_\w+|sniff_csv|glob)$/i;
/** What ends a FROM clause; conditions of joins do not. */
const ends =
  /^(select|where|group|having|window|qualify|order|limit|offset|using|union|intersect|except|set|values|returning)$/i;

/**
 * SQL in which the files that it reads are named by absolute paths: string literals after FROM, JOIN, PIVOT and their
 * like, and after the commas of FROM, that end like a data file, and the first argument, or list, of functions that
 * read files.
 */
export function withAbsolutePaths(sql: string, workingDirectory: string): AbsoluteText {
  const place = new Place();
  const paths = new Map<string, WrittenPath>();
  const texts = tokenize(sql).map((token) => {
    const path = pathOf(token);
    const isFile = path !== undefined && place.namesFile(path);
    place.pass(token);
    if (!isFile) return token.sql;
    const absolute = quoteText(absolutePath(path, workingDirectory));
    if (absolute !== token.sql) paths.set(absolute, { written: token.sql, absolute });
    return absolute;
  });
  return { text: texts.join(''), paths: [...paths.values()] };
}

/**
 * Values of parameters that name files, and nothing else, as `withAbsolutePaths` makes those of the text:
 * `read_csv($1)`.
 */
export function withAbsoluteValues(
  sql: string,
  parameters: readonly NamedExpression[],
  workingDirectory: string,
): { readonly parameters: readonly NamedExpression[]; readonly paths: readonly WrittenPath[] } {
  const files = parameters.length === 0 ? new Set<string>() : fileParameters(sql);
  const paths: WrittenPath[] = [];
  const absolute = parameters.map((parameter) => {
    const { name, sql: written } = parameter;
    if (!files.has(name.toLowerCase()) || !/^'.*'$/s.test(written)) return parameter;
    const path = { written, absolute: quoteText(absolutePath(unquotedText(written), workingDirectory)) };
    if (path.absolute !== written) paths.push(path);
    return { name, sql: path.absolute };
  });
  return { parameters: absolute, paths };
}

/** Names of parameters that stand only where readers are given files; the first `?` is called 1. */
function fileParameters(sql: string): Set<string> {
  const place = new Place();
  const [files, others] = [new Set<string>(), new Set<string>()];
  let unnamed = 0;
  for (const token of tokenize(sql)) {
    const isUnnamed = token.kind === 'other' && token.sql === '?';
    const name = isUnnamed
      ? String(++unnamed)
      : token.kind === 'parameter'
        ? token.sql.slice(1).toLowerCase()
        : undefined;
    if (name !== undefined) (place.namesFile('') ? files : others).add(name);
    place.pass(token);
  }
  return new Set([...files].filter((name) => !others.has(name)));
}

/** SQL whose files are named by absolute paths. */
export interface AbsoluteText {
  readonly text: string;
  /** What is not as it was written. */
  readonly paths: readonly WrittenPath[];
}

/** Whether a value after this text would name a file. */
export function isFilePlace(before: string, path: string): boolean {
  const place = new Place();
  for (const token of tokenize(before)) place.pass(token);
  return place.namesFile(path);
}

const pathOf = ({ kind, sql }: Token): string | undefined =>
  kind === 'text' && sql.startsWith("'") ? unquotedText(sql) : undefined;

/** What the tokens so far say about the next one. */
class Place {
  #last = '';
  /** Inside the first argument of a function that reads files, or in its list. */
  #isArgument = false;
  #isList = false;
  /** Of each parenthesis that is open, the outermost first: whether a comma in it separates tables. */
  #isFrom = [false];

  namesFile(path: string): boolean {
    return this.#isArgument || (this.#isTable && dataFile.test(path));
  }

  pass({ kind, sql }: Token): void {
    if (kind === 'space') return;
    if (sql === '[' && this.#isArgument) this.#isList = true;
    else if (sql === ']') this.#isList = false;
    this.#isArgument = this.#isList || (sql === '(' && readers.test(this.#last));
    if (/^[([{]$/.test(sql)) this.#isFrom.push(sql === '(' && this.#isTable);
    else if (/^[)\]}]$/.test(sql) && this.#isFrom.length > 1) this.#isFrom.pop();
    else if (kind === 'word' && /^(from|join)$/i.test(sql)) this.#isFrom.splice(-1, 1, true);
    else if (kind === 'word' && ends.test(sql)) this.#isFrom.splice(-1, 1, false);
    this.#last = kind === 'other' && sql === '(' && this.#isFrom.at(-1) === true ? ',' : sql;
  }

  /** The next token would be a table. */
  get #isTable(): boolean {
    return leads.test(this.#last) || (this.#last === ',' && this.#isFrom.at(-1) === true);
  }
}
