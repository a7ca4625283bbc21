import { type AstNode, find, isNode, nodesOf, rewrite, walk } from '../../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../../shared/sql/text.ts';
import type { Dialect } from '../../../dialect.ts';
import { columnNamed, printExpression } from '../../../expressions/tree.ts';
import { NotDistributed } from './names.ts';
import { isSame, type Scope } from './scope.ts';
import { type Item, starItems } from './stars.ts';

/**
 * Select items with `*`, `t.*` and COLUMNS(…) as the columns that they mean. An expression with COLUMNS stands for as many of its
 * kind, each called like its column. Which columns a pattern means is DuckDB's to say.
 *
 * @throws NotDistributed
 */
export const columnItems = (items: readonly AstNode[], scope: Scope, dialect: Dialect): Item[] =>
  items.flatMap((item) => {
    const patterns = ownStars(item);
    if (patterns.length === 0 || (item.class === 'STAR' && item.expr == null)) return starItems([item], scope);
    const alias = String(item.alias ?? '');
    // An alias may have parts of the columns' names in it; and a list of columns in a call has names of its own.
    if (alias.includes('\\') || find(item, ({ type }) => type === 'OPERATOR_UNPACK').length > 0)
      throw new NotDistributed(reason);
    const [first = [], ...others] = patterns.map((pattern) => meantBy(pattern, scope, dialect));
    const names = JSON.stringify(first.map(({ name }) => name));
    if (others.some((other) => JSON.stringify(other.map(({ name }) => name)) !== names))
      throw new NotDistributed(reason);
    return first.map(({ name, tree: column }) => ({
      name: alias || String(name),
      tree: { ...inPlace(item, (node) => (patterns.includes(node) ? column : undefined)), alias: '' },
    }));
  });

const inPlace = (item: AstNode, column: (node: AstNode) => AstNode | undefined): AstNode =>
  rewrite(item, (node) => column(node) ?? (node.class === 'SUBQUERY' ? node : undefined));

const reason = 'its columns are chosen by pattern';

/** The stars in an item: not those that a pattern chooses of, and not those of subqueries. */
function ownStars(item: AstNode): AstNode[] {
  const own: AstNode[] = [];
  walk(item, (node) => {
    if (node.class === 'STAR') own.push(node);
    return node.class !== 'STAR' && node.class !== 'SUBQUERY';
  });
  return own;
}

function meantBy(star: AstNode, scope: Scope, dialect: Dialect): Item[] {
  if (star.columns !== true || nodesOf(star.replace_list).length > 0) throw new NotDistributed(reason);
  if (!isNode(star.expr)) return starItems([star], scope);
  if (star.relation_name) throw new NotDistributed(reason);
  const all = scope.star.map(({ name }) => name);
  const different = all.filter((name, i) => all.findIndex((other) => isSame(other, name)) === i);
  const empty = different.map((name) => `NULL AS ${quotedName(name)}`).join(', ');
  const chosen = dialect.describe(`SELECT ${printExpression(dialect, star)} FROM (SELECT ${empty})`);
  return chosen.map(({ name }) => {
    if (all.filter((known) => isSame(known, name)).length !== 1) throw new NotDistributed(reason);
    return { name, tree: columnNamed(name) };
  });
}
