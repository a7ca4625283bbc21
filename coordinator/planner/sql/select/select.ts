import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { NamedExpression } from '../../../../shared/plan/nodes/expression.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { type AstNode, find, meaning } from '../../../../shared/sql/ast.ts';
import type { Dialect } from '../../dialect.ts';
import { columnNamed, printExpression } from '../../expressions/tree.ts';
import { isVolatile } from '../../expressions/volatile.ts';
import type { Aliases } from './aliases.ts';
import type { SelectParts } from './parts.ts';

/** A column of the SELECT's inside: its name there, and its expression. */
export interface Inner {
  readonly name: string;
  readonly tree: AstNode;
}

/** A plan below, and trees over its columns. */
export interface Rewritten {
  readonly input: PlanNode;
  readonly rewritten: readonly AstNode[];
}

export const reference = ({ name }: Inner): Inner => ({ name, tree: columnNamed(name) });

/** One SELECT over one relation, as all the steps know it that make plan nodes of it. */
export class Select {
  readonly parts: SelectParts;
  readonly aliases: Aliases;
  readonly items: readonly Inner[];
  /** Prefix of names that only the inside of the SELECT has. */
  readonly hidden: string;
  readonly #dialect: Dialect;

  constructor(parts: SelectParts, aliases: Aliases, schema: Schema, dialect: Dialect) {
    this.parts = parts;
    this.aliases = aliases;
    this.#dialect = dialect;
    this.items = parts.items.map(({ name, tree }) => ({ name, tree: aliases.resolve(tree) }));
    const names = [...schema, ...parts.items].map(({ name }) => name.toLowerCase());
    this.hidden = ['_', '__', '___'].find((prefix) => !names.some((name) => name.startsWith(prefix))) ?? '____';
  }

  filter(input: PlanNode, tree: AstNode): PlanNode {
    return { kind: 'filter', input, predicate: printExpression(this.#dialect, tree) };
  }

  project(input: PlanNode, columns: readonly Inner[]): PlanNode {
    return { kind: 'project', input, columns: this.named(columns) };
  }

  named(columns: readonly Inner[]): NamedExpression[] {
    return columns.map(({ name, tree }) => ({ name, sql: printExpression(this.#dialect, tree) }));
  }

  /** Whether the rows below, and these columns of them, are the same if they are made again. */
  isStable(columns: readonly Inner[]): boolean {
    const trees = columns.map(({ tree }) => tree);
    return (this.parts.isStable?.() ?? true) && !isVolatile(this.#dialect, trees);
  }

  hasAggregate(tree: AstNode): boolean {
    const { functions } = this.#dialect;
    const isAggregate = ({ function_name }: AstNode): boolean =>
      functions.isAggregate(String(function_name).toLowerCase());
    return find(tree, (node) => node.class === 'FUNCTION' && isAggregate(node)).length > 0;
  }
}

/** Parts of expressions that become columns below them: what means the same is one column. */
export class Extracted {
  readonly columns: Inner[] = [];
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The column that stands where the tree stood. */
  columnFor(tree: AstNode): AstNode {
    const known = this.columns.find((other) => meaning(other.tree) === meaning(tree));
    const column = known ?? { name: `${this.#prefix}${this.columns.length}`, tree };
    if (known === undefined) this.columns.push(column);
    return reference(column).tree;
  }
}
