import { SheafError } from '../../shared/errors.ts';
import type { CatalogKind } from '../../shared/plan/catalog.ts';
import { unquotedName } from '../../shared/sql/text.ts';
import { type Token, tokenize } from '../../shared/sql/tokens.ts';

/** A statement that changes the catalog. What it asks for, after AS, is DuckDB's SQL and is left to DuckDB. */
export type Statement =
  | {
      readonly kind: 'create';
      readonly what: CatalogKind;
      readonly name: string;
      readonly replace: boolean;
      readonly query: string;
    }
  | { readonly kind: 'drop'; readonly what: CatalogKind; readonly name: string; readonly ifExists: boolean };

/**
 * `CREATE [OR REPLACE] TABLE|VIEW name AS query` and `DROP TABLE|VIEW [IF EXISTS] name`; nothing for any other text.
 *
 * @throws SheafError `SQL_INVALID` for another form of CREATE or DROP
 */
export function parseStatement(sql: string): Statement | undefined {
  const words = new Words(tokenize(sql));
  if (words.take('create')) {
    const replace = words.take('or', 'replace');
    const what = kindOf(words);
    const name = words.name();
    if (what === undefined || name === undefined || !words.take('as')) throw notThis('CREATE');
    return { kind: 'create', what, name, replace, query: words.rest() };
  }
  if (!words.take('drop')) return undefined;
  const what = kindOf(words);
  const ifExists = words.take('if', 'exists');
  const name = words.name();
  if (what === undefined || name === undefined || !/^[\s;]*$/.test(words.rest())) throw notThis('DROP');
  return { kind: 'drop', what, name, ifExists };
}

/** A question about a question: `EXPLAIN [ANALYZE] query`; nothing for any other text. */
export function parseExplain(sql: string): { readonly analyze: boolean; readonly query: string } | undefined {
  const words = new Words(tokenize(sql));
  if (!words.take('explain')) return undefined;
  const analyze = words.take('analyze');
  return { analyze, query: words.rest() };
}

/** The tokens of a statement, taken from its beginning. */
class Words {
  #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Takes the words if they come next. */
  take(...words: readonly string[]): boolean {
    const places = this.#places().slice(0, words.length);
    const isNext = words.every((word, i) => this.#tokens[places[i] ?? -1]?.sql.toLowerCase() === word);
    if (isNext) this.#tokens = this.#tokens.slice((places.at(-1) ?? -1) + 1);
    return isNext;
  }

  /** Takes a name, plain or in quotes. */
  name(): string | undefined {
    const [place = -1] = this.#places();
    const token = this.#tokens[place];
    if (token?.kind !== 'word' && token?.kind !== 'name') return undefined;
    this.#tokens = this.#tokens.slice(place + 1);
    return token.kind === 'word' ? token.sql : unquotedName(token.sql);
  }

  rest(): string {
    return this.#tokens.map(({ sql }) => sql).join('');
  }

  #places(): number[] {
    return this.#tokens.flatMap(({ kind }, i) => (kind === 'space' ? [] : [i]));
  }
}

const kindOf = (words: Words): CatalogKind | undefined =>
  words.take('table') ? 'table' : words.take('view') ? 'view' : undefined;

const notThis = (statement: string): SheafError =>
  new SheafError('SQL_INVALID', `This form of ${statement} is not understood`, {
    next: 'Write CREATE [OR REPLACE] TABLE or VIEW name AS SELECT …, or DROP TABLE or VIEW [IF EXISTS] name.',
  });
