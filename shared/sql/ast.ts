/**
 * DuckDB's own syntax tree, as `json_serialize_sql` writes it: plain JSON whose 64-bit numbers may be bigints. We own
 * no SQL grammar: trees are parsed and printed by DuckDB, and only walked and changed here.
 */
export type AstValue = null | boolean | number | bigint | string | readonly AstValue[] | AstNode;

/** A node of DuckDB's syntax tree. */
export interface AstNode {
  readonly [key: string]: AstValue;
}

/** Whether a value of a syntax tree is a node, not a list or a scalar. */
export const isNode = (value: AstValue | undefined): value is AstNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The nodes of a list-valued field. */
export const nodesOf = (value: AstValue | undefined): readonly AstNode[] =>
  Array.isArray(value) ? (value as readonly AstValue[]).filter(isNode) : [];

/** The texts of a list-valued field. */
export const textsOf = (value: AstValue | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly AstValue[]).filter((item) => typeof item === 'string') : [];

/** Calls `visit` for every node, parents first. Where it returns false, the node's children are left out. */
export function walk(value: AstValue | undefined, visit: (node: AstNode) => boolean | undefined): void {
  if (Array.isArray(value)) for (const item of value as readonly AstValue[]) walk(item, visit);
  else if (isNode(value) && visit(value) !== false) for (const child of Object.values(value)) walk(child, visit);
}

/** All nodes for which the test holds, parents first. */
export function find(value: AstValue | undefined, test: (node: AstNode) => boolean): AstNode[] {
  const found: AstNode[] = [];
  walk(value, (node) => {
    if (test(node)) found.push(node);
    return undefined;
  });
  return found;
}

/** A copy in which each node that `replace` answers for is replaced. Replacements are not walked again. */
export function rewrite<T extends AstValue>(value: T, replace: (node: AstNode) => AstNode | undefined): T {
  if (Array.isArray(value)) return value.map((item: AstValue) => rewrite(item, replace)) as unknown as T;
  if (!isNode(value)) return value;
  const other = replace(value);
  if (other !== undefined) return other as T;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, rewrite(child, replace)]),
  ) as unknown as T;
}

/** What stands for an expression bears its alias: in `{'a': max(x)}` that is the name of the field. */
export const inPlaceOf = ({ alias = '' }: AstNode, other: AstNode): AstNode => ({ ...other, alias });

/** A table of a FROM clause. */
export const tableNamed = (name: string, alias = ''): AstNode => ({
  type: 'BASE_TABLE',
  alias,
  sample: null,
  schema_name: '',
  table_name: name,
  column_name_alias: [],
  catalog_name: '',
  at_clause: null,
});

/**
 * A text that is equal for trees that mean the same: places in the source, cases of names and the own alias do not
 * count.
 */
export const meaning = (node: AstNode): string =>
  JSON.stringify({ ...node, alias: '' }, (key, value: unknown) =>
    key === 'column_names' && Array.isArray(value)
      ? value.map((name) => String(name).toLowerCase())
      : withoutPlaces(key, value),
  );

/** A text that is equal for trees that print alike. */
export const identity = (node: AstNode): string => JSON.stringify(node, withoutPlaces);

const withoutPlaces = (key: string, value: unknown): unknown =>
  key === 'query_location' ? undefined : typeof value === 'bigint' ? `${value}n` : value;

/** The top SELECT of a tree with exactly one statement. */
export function onlyStatement(tree: AstNode): AstNode | undefined {
  const statements = nodesOf(tree.statements);
  const node = statements[0]?.node;
  return statements.length === 1 && isNode(node) ? node : undefined;
}
