import { type AstNode, find, isNode, rewrite, textsOf } from '../../../../../shared/sql/ast.ts';
import { columnNamed } from '../../../expressions/tree.ts';
import { NotDistributed } from './names.ts';
import { resolveName, type Scope } from './scope.ts';

/** How names are looked up in one clause. */
export interface Lookup {
  readonly scope: Scope;
  /** The query around a subquery. */
  readonly outer?: Scope;
  /** Explicit aliases of select items in lower case, with their resolved trees: other clauses may use them. */
  readonly aliases?: ReadonlyMap<string, AstNode | undefined>;
  /** Aliases stand for their items, instead of being left to the SELECT as a whole. */
  readonly inline?: boolean;
  /** Under which name an alias is left to the SELECT: the plan may have a column of the alias's own. */
  readonly itemNames?: ReadonlyMap<string, string>;
  /** Where an alias comes before a column of its name; absent: nowhere. */
  readonly aliasesFirst?: AliasesFirst;
  /** What stands for a subquery; of one that is compared, also what it is compared with, over the plan's columns. */
  readonly subquery: (node: AstNode, child?: AstNode) => AstNode;
  /** Told of each column of the query around that is used. */
  readonly onOuter?: (internal: string) => void;
}

/** HAVING takes a name for an alias, unless the column is a key or stands within an aggregate. */
export interface AliasesFirst {
  isKey(column: AstNode): boolean;
  isAggregate(node: AstNode): boolean;
}

/** The expression over the plan's column names. @throws NotDistributed for what is not understood */
export function resolveTree(tree: AstNode, lookup: Lookup, parameters: ReadonlySet<string> = new Set()): AstNode {
  return rewrite(tree, (node) => {
    if (node.class === 'SUBQUERY') {
      const child = isNode(node.child) ? resolveTree(node.child, lookup, parameters) : undefined;
      return { ...lookup.subquery(node, child), alias: node.alias ?? '' };
    }
    if (lookup.aliasesFirst?.isAggregate(node)) return resolveTree(node, columnsFirst(lookup), parameters);
    if (node.class === 'LAMBDA') return lambda(node, lookup, parameters);
    if (node.class === 'STAR') throw new NotDistributed('its columns are chosen by pattern');
    if (node.class === 'POSITIONAL_REFERENCE') throw new NotDistributed('it names columns by position');
    if (node.class === 'COLLATE') throw new NotDistributed('it has a collation');
    if (node.class !== 'COLUMN_REF') return undefined;
    const names = textsOf(node.column_names);
    if (parameters.has((names[0] ?? '').toLowerCase())) return node;
    return { ...reference(names, node, lookup), alias: node.alias ?? '' };
  });
}

const columnsFirst = ({ aliasesFirst: _, ...lookup }: Lookup): Lookup => lookup;

/** Columns come before aliases of their name, as everywhere in DuckDB but in HAVING, and in ORDER BY and DISTINCT ON of a bare name. */
function reference(
  names: readonly string[],
  node: AstNode,
  { scope, outer, aliases, inline, itemNames, aliasesFirst, onOuter }: Lookup,
): AstNode {
  const [first = ''] = names;
  const alias = names.length === 1 && aliases?.has(first.toLowerCase());
  const own = resolveName(names, scope);
  const isHidden = alias && own !== undefined && aliasesFirst !== undefined && !aliasesFirst.isKey(own);
  if (own !== undefined && !isHidden) return own;
  if (isHidden && inline) return aliases?.get(first.toLowerCase()) ?? node;
  if (isHidden) return columnNamed(itemNames?.get(first.toLowerCase()) ?? first);
  const around = outer && resolveName(names, outer);
  if (alias && around !== undefined)
    throw new NotDistributed('a name in it is an alias and a column of the query around');
  if (alias && inline) return aliases?.get(first.toLowerCase()) ?? node;
  if (alias) return columnNamed(itemNames?.get(first.toLowerCase()) ?? first);
  if (around === undefined) throw new NotDistributed(`the name ${names.join('.')} is of a query further out`);
  for (const { column_names } of find(around, ({ class: kind }) => kind === 'COLUMN_REF')) {
    onOuter?.(textsOf(column_names)[0] ?? '');
  }
  return around;
}

/** The parameters of a lambda hide columns. */
function lambda(node: AstNode, lookup: Lookup, parameters: ReadonlySet<string>): AstNode {
  const { lhs, expr } = node;
  if (!isNode(lhs) || !isNode(expr)) throw new NotDistributed('it has a lambda of another form');
  const own = find(lhs, ({ class: kind }) => kind === 'COLUMN_REF').flatMap(({ column_names }) =>
    textsOf(column_names),
  );
  const inner = new Set([...parameters, ...own.map((name) => name.toLowerCase())]);
  return { ...node, expr: resolveTree(expr, lookup, inner) };
}

/** Names in the plan of the columns that a resolved expression takes, in lower case. */
export const columnsIn = (tree: AstNode | readonly AstNode[]): ReadonlySet<string> =>
  new Set(
    find(tree, ({ class: kind }) => kind === 'COLUMN_REF').map(({ column_names }) =>
      (textsOf(column_names)[0] ?? '').toLowerCase(),
    ),
  );
