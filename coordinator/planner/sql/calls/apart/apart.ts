import { type AstNode, onlyStatement } from '../../../../../shared/sql/ast.ts';
import type { SqlFunctions } from '../../../functions/calls.ts';
import type { CommonTables } from '../../lower/common-tables.ts';
import { mayDiffer, mentioned } from '../../lower/mentions.ts';
import { NotDistributed } from '../../lower/names/names.ts';
import type { Lowering } from '../../lower/types.ts';

/** What taking a SELECT apart takes. */
export interface Apart {
  readonly functions: SqlFunctions;
  readonly lowering: Lowering;
  /** The common tables that it may use. */
  readonly tables: CommonTables;
  /** Makes a query a relation of the question. @returns its name */
  readonly relate: (query: AstNode, tables: CommonTables) => string;
  /** The same, and the rows are made once for all that read them. */
  readonly relateOnce: (query: AstNode, tables: CommonTables) => string;
}

/** `SELECT * FROM t` */
export const bareSelect = ({ context }: Lowering): AstNode =>
  onlyStatement(context.dialect.parse('SELECT * FROM t')) ?? {};

/** What a SELECT is made of, before its columns. */
export type Rows = Readonly<Record<'from_table' | 'where_clause' | 'sample', AstNode | null>>;

/** Columns of rows, and nothing else. */
export const selecting = (list: readonly AstNode[], rows: Rows, lowering: Lowering): AstNode => ({
  ...bareSelect(lowering),
  select_list: list,
  ...rows,
});

/**
 * A common table that may have other rows each time must not be read by both parts.
 *
 * @throws NotDistributed
 */
export function refuseTwice(inner: AstNode, outer: readonly AstNode[], { tables, lowering }: Apart): void {
  const all = [...tables.values()];
  const before = mentioned(inner, all).filter(({ entry }) => mayDiffer(entry, lowering.context));
  const after = new Set(outer.flatMap(({ cte_map: _, ...clauses }) => mentioned(clauses, all)));
  if (before.some((table) => after.has(table)))
    throw new NotDistributed('it reads a WITH clause more than once that may have other rows each time');
}
