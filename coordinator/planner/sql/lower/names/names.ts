import type { AstNode } from '../../../../../shared/sql/ast.ts';

/** Why a query, or a part of it, is not taken apart: it runs in one task, and `explain` says this. */
export class NotDistributed extends Error {
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.reason = reason;
  }
}

/** What is done in the simpler way, or why it cannot be. */
export function simply<T>(make: () => T): { readonly value: T } | { readonly reason: string } {
  try {
    return { value: make() };
  } catch (thrown) {
    if (thrown instanceof NotDistributed) return { reason: thrown.reason };
    throw thrown;
  }
}

/**
 * Column names inside a lowered query: each is given once, so that a name means one column wherever it stands, also in a
 * subquery that speaks of the query around it. The first column of a name keeps it.
 */
export class Names {
  readonly #taken = new Set<string>();
  readonly #words = new Set<string>();

  /** @param tree the whole query: names that are made up differ from everything in it */
  constructor(tree: AstNode) {
    collectTexts(tree, this.#words);
  }

  fresh(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#isTaken(name, name !== wanted); i++) name = `${wanted}_${i}`;
    this.#taken.add(name.toLowerCase());
    return name;
  }

  /** A name that nothing in the query has, not even the first of its kind. */
  madeUp(wanted: string): string {
    let i = 1;
    while (this.#isTaken(`${wanted}_${i}`, true)) i++;
    return this.fresh(`${wanted}_${i}`);
  }

  #isTaken(name: string, isMadeUp: boolean): boolean {
    const lower = name.toLowerCase();
    return this.#taken.has(lower) || (isMadeUp && this.#words.has(lower));
  }
}

function collectTexts(value: unknown, words: Set<string>): void {
  if (typeof value === 'string') words.add(value.toLowerCase());
  else if (typeof value === 'object' && value !== null)
    for (const child of Object.values(value)) collectTexts(child, words);
}
