import { type AstNode, textsOf } from '../../../../../shared/sql/ast.ts';
import { columnNamed } from '../../../expressions/tree.ts';
import { NotDistributed } from './names.ts';

/** A column as the query calls it, and as the plan does. */
export interface ScopeColumn {
  readonly name: string;
  readonly internal: string;
}

export interface Relation {
  readonly alias: string;
  readonly columns: readonly ScopeColumn[];
}

/** What `*` yields, in order: columns joined by USING once. */
export interface StarItem {
  readonly name: string;
  readonly tree: AstNode;
}

/** What the names in a SELECT's clauses may mean. */
export interface Scope {
  readonly relations: readonly Relation[];
  readonly star: readonly StarItem[];
}

export const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export const scopeOf = (relation: Relation): Scope => ({
  relations: [relation],
  star: relation.columns.map(({ name, internal }) => ({ name, tree: columnNamed(internal) })),
});

/** The column that a reference means, under its name in the plan; nothing if the scope has none. */
export function resolveName(names: readonly string[], { relations, star }: Scope): AstNode | undefined {
  const [first = '', second, ...fields] = names;
  const named = relations.filter(({ alias }) => isSame(alias, first));
  if (second !== undefined && named.length > 0) {
    const found = named.flatMap(({ columns }) => columns.filter(({ name }) => isSame(name, second)));
    if (found.length > 1) throw new NotDistributed(`"${first}.${second}" may be several columns`);
    if (found[0] !== undefined) return withFields(columnNamed(found[0].internal), fields);
  }
  const items = star.filter(({ name }) => isSame(name, first));
  if (items.length > 1) throw new NotDistributed(`"${first}" may be several columns`);
  if (items[0] !== undefined) return withFields(items[0].tree, names.slice(1));
  if (named.length > 0) throw new NotDistributed('it names its table in a way of its own');
  return undefined;
}

function withFields(tree: AstNode, fields: readonly string[]): AstNode {
  if (fields.length === 0) return tree;
  if (tree.class !== 'COLUMN_REF') throw new NotDistributed('it takes a field of a merged column');
  return { ...tree, column_names: [...textsOf(tree.column_names), ...fields] };
}
