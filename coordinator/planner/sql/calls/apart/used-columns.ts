import { type AstNode, inPlaceOf, meaning, rewrite, textsOf } from '../../../../../shared/sql/ast.ts';
import { columnNamed, parseExpression } from '../../../expressions/tree.ts';
import type { Lowering } from '../../lower/types.ts';
import type { KnownSelect } from './known-select.ts';

/** Columns of FROM that are used, each under a name that nothing else has. */
export class UsedColumns {
  readonly #known: KnownSelect;
  readonly #lowering: Lowering;
  readonly #columns = new Map<string, AstNode>();

  constructor(known: KnownSelect, lowering: Lowering) {
    this.#known = known;
    this.#lowering = lowering;
  }

  /**
   * The tree over them.
   *
   * @param isMore what else becomes a column
   */
  over(tree: AstNode, isMore: (node: AstNode) => boolean = () => false): AstNode {
    return rewrite(tree, (node) => {
      if (isMore(node)) return inPlaceOf(node, this.#more(node));
      const meant = this.#known.columnOf(node);
      return meant && this.#column(node, meant);
    });
  }

  /** As the question writes them. Rows of which nothing is used have a column, too. */
  written(): AstNode[] {
    return this.#columns.size > 0
      ? [...this.#columns.values()]
      : [{ ...parseExpression(this.#lowering.context.dialect, '1'), alias: 'one' }];
  }

  names(): AstNode[] {
    return this.written().map(({ alias }) => columnNamed(String(alias)));
  }

  #more(node: AstNode): AstNode {
    const tree = this.#known.withoutAliases(node);
    const key = `more ${this.#columns.size}`;
    const name = this.#lowering.names.madeUp('column');
    this.#columns.set(key, { ...tree, alias: name });
    return columnNamed(name);
  }

  #column(reference: AstNode, meant: AstNode): AstNode {
    const [internal, ...fields] = textsOf(meant.column_names);
    const whole = internal === undefined ? meant : columnNamed(internal);
    const key = meaning(whole);
    const written = textsOf(reference.column_names);
    const names = written.slice(0, written.length - fields.length);
    const name = String(this.#columns.get(key)?.alias ?? this.#lowering.names.madeUp('column'));
    if (!this.#columns.has(key)) this.#columns.set(key, { ...reference, column_names: names, alias: name });
    return { ...columnNamed(name), column_names: [name, ...fields], alias: reference.alias ?? '' };
  }
}
