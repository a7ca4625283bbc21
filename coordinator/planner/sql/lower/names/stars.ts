import { type AstNode, type AstValue, isNode, nodesOf, textsOf } from '../../../../../shared/sql/ast.ts';
import { columnNamed } from '../../../expressions/tree.ts';
import { NotDistributed } from './names.ts';
import { isSame, type Relation, type Scope, type StarItem } from './scope.ts';

/** An item as written; of a star, one for each column, with the column's own name. */
export interface Item {
  readonly tree: AstNode;
  readonly name?: string;
}

/** Select items with `*` and `t.*` as the columns that they mean, also with EXCLUDE, REPLACE and RENAME. */
export const starItems = (items: readonly AstNode[], scope: Scope): Item[] =>
  items.flatMap((item) => (item.class === 'STAR' ? expanded(item, scope) : [{ tree: item }]));

/** COLUMNS(*) and COLUMNS(t.*) as an item are what the star is. */
function expanded(star: AstNode, scope: Scope): Item[] {
  if (star.expr != null) throw new NotDistributed('its columns are chosen by pattern');
  const excluded = [
    ...textsOf(star.exclude_list).map((column): Named => ({ table: '', column })),
    ...nodesOf(star.qualified_exclude_list).map(named),
  ];
  const renamed = nodesOf(star.rename_list).map(({ key, value }) => ({ ...named(key), to: String(value) }));
  const replaced = nodesOf(star.replace_list);
  const columns = columnsOf(star, scope);
  // DuckDB leaves out all but one of these.
  if (replaced.some(({ key }) => columns.filter(({ name }) => isSame(String(key), name)).length > 1))
    throw new NotDistributed('it replaces one of several columns of a name');
  return columns
    .filter((column) => !excluded.some((other) => isNamed(column, other)))
    .map((column) => {
      const { name, path } = column;
      const value = replaced.find(({ key }) => isSame(String(key), name))?.value;
      const to = renamed.find((other) => isNamed(column, other))?.to;
      return { name: to ?? name, tree: isNode(value) ? value : path };
    });
}

/** A column as EXCLUDE and RENAME name it; without a table: of any. */
interface Named {
  readonly table: string;
  readonly column: string;
}

function named(key: AstValue | undefined): Named {
  const { table = '', column = '', schema = '' } = isNode(key) ? key : {};
  if (schema !== '') throw new NotDistributed('its columns are chosen by pattern');
  return { table: String(table), column: String(column) };
}

interface StarColumn {
  readonly name: string;
  /** A reference that means the column and no other, as the query would write it. */
  readonly path: AstNode;
  /** Whose it is; absent: merged by USING of several tables. */
  readonly alias?: string;
}

function isNamed({ name, alias }: StarColumn, { table, column }: Named): boolean {
  if (!isSame(name, column)) return false;
  if (table !== '' && alias === undefined) throw new NotDistributed('it names a column that is merged by its table');
  return table === '' || isSame(table, alias ?? '');
}

function columnsOf(star: AstNode, { relations, star: all }: Scope): StarColumn[] {
  const wanted = String(star.relation_name ?? '');
  if (wanted === '') return all.map((item) => columnFor(item, relations, all));
  const chosen = relations.filter(({ alias }) => isSame(alias, wanted));
  const [only, ...more] = chosen;
  if (only === undefined || more.length > 0) throw new NotDistributed(`"${wanted}.*" is not understood`);
  return only.columns.map(({ name }) => ({ name, path: pathOf(only.alias, name), alias: only.alias }));
}

/** By its name alone where that is the only one, else by its table's, which has it once. */
function columnFor({ name, tree }: StarItem, relations: readonly Relation[], all: readonly StarItem[]): StarColumn {
  const twins = all.filter((item) => isSame(item.name, name)).length;
  const owners = relations.filter(({ columns }) => columns.some((column) => isSame(column.name, name)));
  const owner = owners.find(({ columns }) =>
    columns.some(({ internal }) => internal === textsOf(tree.column_names)[0]),
  );
  const isMerged = owners.length > twins;
  const whose = owner === undefined || isMerged ? {} : { alias: owner.alias };
  if (twins === 1) return { name, path: columnNamed(name), ...whose };
  if (owner === undefined || tree.class !== 'COLUMN_REF' || isTwin(owner, name, relations))
    throw new NotDistributed('its columns are merged and have equal names');
  return { name, path: pathOf(owner.alias, name), ...whose };
}

const pathOf = (alias: string, name: string): AstNode => ({ ...columnNamed(name), column_names: [alias, name] });

/** Whether a table's name and a column's mean another column, too. */
const isTwin = ({ alias }: Relation, name: string, relations: readonly Relation[]): boolean =>
  relations
    .filter((other) => isSame(other.alias, alias))
    .flatMap(({ columns }) => columns)
    .filter((column) => isSame(column.name, name)).length > 1;
