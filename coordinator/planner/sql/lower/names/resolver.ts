import { type AstNode, find, isNode, meaning, rewrite, textsOf } from '../../../../../shared/sql/ast.ts';
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
  /** What stands for a subquery; of one that is compared, also what it is compared with, over the plan's columns. */
  readonly subquery: (node: AstNode, child?: AstNode) => AstNode;
  /** Told of each column of the query around that is used. */
  readonly onOuter?: (internal: string) => void;
}

/** The expression over the plan's column names. @throws NotDistributed for what is not understood */
export function resolveTree(tree: AstNode, lookup: Lookup, parameters: ReadonlySet<string> = new Set()): AstNode {
  return rewrite(tree, (node) => {
    if (node.class === 'SUBQUERY') {
      const child = isNode(node.child) ? resolveTree(node.child, lookup, parameters) : undefined;
      return { ...lookup.subquery(node, child), alias: node.alias ?? '' };
    }
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

function reference(
  names: readonly string[],
  node: AstNode,
  { scope, outer, aliases, inline, itemNames, onOuter }: Lookup,
): AstNode {
  const [first = ''] = names;
  const alias = names.length === 1 && aliases?.has(first.toLowerCase());
  const own = resolveName(names, scope);
  if (own !== undefined) {
    const item = alias ? aliases?.get(first.toLowerCase()) : undefined;
    if (item !== undefined && meaning(item) !== meaning(own)) {
      throw new NotDistributed('a name in it is a column and an alias');
    }
    return own;
  }
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
