import { type AstNode, isNode, nodesOf, textsOf } from '../../../../../shared/sql/ast.ts';
import { columnNamed } from '../../../expressions/tree.ts';
import { NotDistributed } from './names.ts';
import { isSame, type Scope } from './scope.ts';

/** An item as written; of a star, one for each column, with the column's own name. */
export interface Item {
  readonly tree: AstNode;
  readonly name?: string;
}

/** Select items with `*` and `t.*` as the columns that they mean, also with EXCLUDE and REPLACE. */
export const starItems = (items: readonly AstNode[], scope: Scope): Item[] =>
  items.flatMap((item) => (item.class === 'STAR' ? expanded(item, scope) : [{ tree: item }]));

function expanded(star: AstNode, scope: Scope): Item[] {
  const isOdd = star.columns === true || star.expr != null || nodesOf(star.rename_list).length > 0;
  if (isOdd || nodesOf(star.qualified_exclude_list).length > 0)
    throw new NotDistributed('its columns are chosen by pattern');
  const excluded = textsOf(star.exclude_list);
  const replaced = nodesOf(star.replace_list);
  return columnsOf(star, scope)
    .filter(({ name }) => !excluded.some((other) => isSame(other, name)))
    .map(({ name, path }) => {
      const value = replaced.find(({ key }) => isSame(String(key), name))?.value;
      return { name, tree: isNode(value) ? value : path };
    });
}

/** References that mean each column and no other, as the query would write them. */
function columnsOf(star: AstNode, { relations, star: all }: Scope): { name: string; path: AstNode }[] {
  const wanted = String(star.relation_name ?? '');
  const isUnique = (name: string): boolean => all.filter((item) => isSame(item.name, name)).length === 1;
  if (wanted === '' && all.every(({ name }) => isUnique(name))) {
    return all.map(({ name }) => ({ name, path: columnNamed(name) }));
  }
  const chosen = wanted === '' ? relations : relations.filter(({ alias }) => isSame(alias, wanted));
  if (chosen.length === 0 || (wanted !== '' && chosen.length > 1) || hasTwins(chosen.map(({ alias }) => alias)))
    throw new NotDistributed(`"${wanted}.*" is not understood`);
  if (wanted === '' && all.length !== chosen.flatMap(({ columns }) => columns).length)
    throw new NotDistributed('its columns are merged and have equal names');
  return chosen.flatMap(({ alias, columns }) =>
    columns.map(({ name }) => ({ name, path: { ...columnNamed(name), column_names: [alias, name] } })),
  );
}

const hasTwins = (names: readonly string[]): boolean =>
  new Set(names.map((name) => name.toLowerCase())).size < names.length;
