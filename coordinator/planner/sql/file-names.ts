import type { WrittenPath } from '../../../shared/plan/nodes/sql.ts';
import {
  type AstNode,
  type AstValue,
  find,
  isNode,
  nodesOf,
  onlyStatement,
  rewrite,
  textsOf,
} from '../../../shared/sql/ast.ts';
import { literal, quotedName, unquotedText } from '../../../shared/sql/text.ts';
import type { Dialect } from '../dialect.ts';
import { parseExpression, printExpression } from '../expressions/tree.ts';
import { argumentName } from './reader-options.ts';

/**
 * Names of files in `filename` begin as the text named the files, as in DuckDB, which runs where they are named from: here the
 * text names them by absolute paths. Where it names one folder in two ways, the first counts.
 */
export class FileNames {
  readonly #folders: readonly WrittenPath[];
  readonly #dialect: Dialect;

  constructor(paths: readonly WrittenPath[], dialect: Dialect) {
    this.#folders = paths.map(({ written, absolute }) => ({
      written: folderOf(written),
      absolute: folderOf(absolute),
    }));
    this.#dialect = dialect;
  }

  /** The tree with readers that give `filename` a place in the result (`filename = true`), and with `glob`. */
  ofReaders(tree: AstNode): AstNode {
    const isAsked = find(tree, ({ class: kind }) => kind === 'COLUMN_REF').some((node) => hidden.has(lastName(node)));
    return this.#folders.length === 0 || isAsked ? tree : rewrite(tree, (node) => this.#reader(node));
  }

  /** The tree with the column that files have beside their own. */
  ofColumns(tree: AstNode): AstNode {
    return this.#folders.length === 0 ? tree : rewrite(tree, (node) => this.#column(node) ?? this.#select(node));
  }

  #reader(node: AstNode): AstNode | undefined {
    const { alias, column_name_alias, sample, function: call } = node;
    if (node.type !== 'TABLE_FUNCTION' || !isNode(call)) return undefined;
    const isGlob = String(call.function_name).toLowerCase() === 'glob';
    if (!isGlob && !nodesOf(call.children).some(isWanted)) return undefined;
    const name = isGlob ? 'file' : 'filename';
    const text = `FROM (SELECT * REPLACE (${this.#written(name)} AS ${name}) FROM x) AS y`;
    const outer = onlyStatement(this.#dialect.parse(text))?.from_table;
    if (!isNode(outer)) return undefined;
    const inner = { ...node, alias: '', column_name_alias: [], sample: null };
    const reading = rewrite(outer, ({ type, table_name }) =>
      type === 'BASE_TABLE' && table_name === 'x' ? inner : undefined,
    );
    const named = alias === '' ? (call.function_name ?? '') : (alias ?? '');
    return { ...reading, alias: named, column_name_alias: column_name_alias ?? [], sample: sample ?? null };
  }

  #column(node: AstNode): AstNode | undefined {
    if (!isFilename(node)) return undefined;
    const name = textsOf(node.column_names).map(quotedName).join('.');
    return { ...parseExpression(this.#dialect, this.#written(name)), alias: node.alias ?? '' };
  }

  /** What has no alias keeps the name that its text gives it. */
  #select(node: AstNode): AstNode | undefined {
    const { select_list: items } = node;
    if (!Array.isArray(items)) return undefined;
    const named = items.map((item) => (isNode(item) && item.alias === '' ? this.#named(item) : item));
    return Object.fromEntries(
      Object.entries({ ...node, select_list: named }).map(([key, child]) => [key, this.#inside(child)]),
    );
  }

  #named(item: AstNode): AstNode {
    if (item.class === 'STAR' || find(item, isFilename).length === 0) return item;
    const alias = isFilename(item) ? (textsOf(item.column_names).at(-1) ?? '') : printExpression(this.#dialect, item);
    return { ...item, alias };
  }

  #inside<T extends AstValue>(value: T): T {
    return rewrite(value, (node) => this.#column(node) ?? this.#select(node));
  }

  /** A name that begins otherwise stays as it is, also one that was written anew before. */
  #written(name: string): string {
    const cases = this.#folders.map(
      ({ written, absolute }) =>
        `WHEN starts_with(${name}, ${literal(absolute)}) THEN ${literal(written)} || substring(${name}, length(${literal(absolute)}) + 1)`,
    );
    return `CASE ${cases.join(' ')} ELSE ${name} END`;
  }
}

/** Other columns that only a reader itself has. */
const hidden: ReadonlySet<string> = new Set(['file_row_number', 'file_index']);

const lastName = ({ column_names }: AstNode): string => textsOf(column_names).at(-1)?.toLowerCase() ?? '';
const isFilename = (node: AstNode): boolean => node.class === 'COLUMN_REF' && lastName(node) === 'filename';

const isWanted = (argument: AstNode): boolean =>
  argumentName(argument).toLowerCase() === 'filename' && find(argument, ({ value }) => value === 't').length > 0;

/** Up to the last slash before what may be any name; DuckDB finds names of no folder in `./`. */
function folderOf(text: string): string {
  const path = unquotedText(text);
  return /^[^*?[]*\//.exec(path)?.[0] ?? (/[*?[]/.test(path) ? './' : '');
}
