import type { NamedExpression } from '../../../../shared/plan/nodes/expression.ts';
import { type AstNode, find, inPlaceOf, meaning, nodesOf, rewrite, textsOf } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import type { BoundOf } from '../../bound/plan.ts';
import type { Dialect } from '../../dialect.ts';
import { columnNamed, parseExpression } from '../../expressions/tree.ts';
import { isAggregateCall } from './calls.ts';
import type { Merge } from './merge.ts';
import { each } from './moments.ts';
import type { PartColumns } from './part-columns.ts';

/** Expressions that cannot be taken apart. */
const whole: ReadonlySet<string> = new Set(['WINDOW', 'SUBQUERY', 'STAR', 'LAMBDA']);

/**
 * Equal for nodes that may mean the same. To say what a node means takes all that is below it: not at each of a
 * thousand levels.
 */
const kindOf = ({ class: kind, type, function_name }: AstNode): string => `${kind} ${type} ${function_name}`;

/** Results of the last phase: as one SELECT over parts, or where some results are finished later, over its columns. */
export class Finals {
  readonly wholes: NamedExpression[] = [];
  readonly #bound: BoundOf<'aggregate'>;
  readonly #columns: PartColumns;
  readonly #merges: ReadonlyMap<string, Merge>;
  readonly #dialect: Dialect;
  readonly #keyOf: ReadonlyMap<string, string>;
  /** Of the keys: what is of none of them is not compared with them. */
  readonly #kinds: ReadonlySet<string>;
  readonly #isTwofold: boolean;

  constructor(bound: BoundOf<'aggregate'>, columns: PartColumns, merges: ReadonlyMap<string, Merge>, dialect: Dialect) {
    this.#bound = bound;
    this.#columns = columns;
    this.#merges = merges;
    this.#dialect = dialect;
    this.#keyOf = new Map(bound.operator.keys.map(({ name, tree }) => [meaning(tree), name]));
    this.#kinds = new Set(bound.operator.keys.map(({ tree }) => kindOf(tree)));
    this.#isTwofold = [...merges.values()].some(({ finish }) => finish !== undefined);
  }

  isFinished(tree: AstNode): boolean {
    return this.#merges.get(meaning(tree))?.finish !== undefined;
  }

  /** The expression; or for people why there is none. */
  treeOf(tree: AstNode): AstNode | string {
    let failure: string | undefined;
    const final = rewrite(tree, (node) => {
      const key = this.#kinds.has(kindOf(node)) ? this.#keyOf.get(meaning(node)) : undefined;
      if (key !== undefined) return inPlaceOf(node, columnNamed(key));
      if (isAggregateCall(node, this.#dialect)) return inPlaceOf(node, this.#merged(node));
      if (node.type === 'GROUPING_FUNCTION') return inPlaceOf(node, this.#grouping(node));
      if (typeof node.class === 'string' && whole.has(node.class)) failure ??= 'it is no expression over aggregates';
      return undefined;
    });
    return failure ?? (this.#isForeign(final) ? 'it names a column that is no key' : final);
  }

  #merged(node: AstNode): AstNode {
    const merge = this.#merges.get(meaning(node));
    if (merge === undefined) throw new RangeError(`the aggregate ${meaning(node)} was not merged`);
    return parseExpression(this.#dialect, this.#mergedText(merge));
  }

  #mergedText({ wholes, finish }: Merge): string {
    if (!this.#isTwofold) return wholes[0] ?? '';
    const names = wholes.map((sql) => this.#columns.whole(this.wholes, sql));
    return finish === undefined ? (names[0] ?? '') : finish(names);
  }

  /** `GROUPING(a, b)`: a bit for each that is not grouped by, the first highest. */
  #grouping(node: AstNode): AstNode {
    const { keys, sets } = this.#bound.operator;
    const children = nodesOf(node.children);
    const bits = children.map((child, i) => {
      const at = keys.findIndex(({ tree }) => meaning(tree) === meaning(child));
      const bit = `((${quotedName(this.#columns.setName)} >> ${keys.length - 1 - at}) & 1)`;
      return `(${bit} << ${children.length - 1 - i})`;
    });
    return parseExpression(this.#dialect, `CAST(${sets === undefined ? '0' : bits.join(' + ')} AS BIGINT)`);
  }

  #isForeign(tree: AstNode): boolean {
    const keys = new Set(this.#bound.operator.keys.map(({ name }) => name.toLowerCase()));
    const isKnown = (name: string): boolean =>
      keys.has(name.toLowerCase()) || this.#columns.isOwn(name) || quotedName(name) === each;
    return find(tree, (node) => node.class === 'COLUMN_REF' && !textsOf(node.column_names).some(isKnown)).length > 0;
  }
}
