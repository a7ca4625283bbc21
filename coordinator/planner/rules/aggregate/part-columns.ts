import type { NamedExpression } from '../../../../shared/plan/nodes/expression.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import type { Dialect } from '../../dialect.ts';
import { parseExpression, printExpression } from '../../expressions/tree.ts';

/** The columns between the phases, equal ones shared, under names that no other column has. */
export class PartColumns {
  readonly parts: NamedExpression[] = [];
  readonly values: NamedExpression[] = [];
  readonly valueParts: NamedExpression[] = [];
  readonly #dialect: Dialect;
  readonly #prefix: string;
  readonly #names = new Set<string>();

  /** @param others columns that stand beside these */
  constructor(dialect: Dialect, others: readonly { readonly name: string }[]) {
    this.#dialect = dialect;
    const isTaken = (prefix: string): boolean => others.some(({ name }) => name.toLowerCase().startsWith(prefix));
    this.#prefix = ['part', 'part_', 'part__'].find((prefix) => !isTaken(prefix)) ?? 'part___';
  }

  get setName(): string {
    return `${this.#prefix}set`;
  }

  /** The quoted name of a part's column. */
  part(sql: string): string {
    return this.#add(this.parts, this.#prefix, sql);
  }

  /** Of a part over distinct values. */
  valuePart(sql: string): string {
    return this.#add(this.valueParts, `${this.#prefix}of`, sql);
  }

  /** Of what stands in a DISTINCT. */
  value(sql: string): string {
    return this.#add(this.values, `${this.#prefix}value`, sql);
  }

  whole(columns: NamedExpression[], sql: string): string {
    return this.#add(columns, `${this.#prefix}whole`, sql);
  }

  /** Whether a column is one of these. */
  isOwn(name: string): boolean {
    return name === this.setName || this.#names.has(name);
  }

  #add(columns: NamedExpression[], prefix: string, text: string): string {
    const sql = printExpression(this.#dialect, parseExpression(this.#dialect, text));
    const known = columns.find((column) => column.sql === sql);
    const name = known?.name ?? `${prefix}${columns.length}`;
    if (known === undefined) columns.push({ name, sql });
    this.#names.add(name);
    return quotedName(name);
  }
}
