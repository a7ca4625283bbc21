import { type AstNode, find, nodesOf } from '../../../../shared/sql/ast.ts';
import type { CommonTables } from './common-tables.ts';
import { mentioned } from './mentions.ts';
import { NotDistributed } from './names/names.ts';

export const isCollated = (tree: AstNode): boolean => find(tree, ({ class: kind }) => kind === 'COLLATE').length > 0;

/**
 * Columns of a part that runs by itself have no collation: what is made of them would compare otherwise.
 *
 * @throws NotDistributed
 */
export function refuseCollated(query: AstNode, tables: CommonTables): void {
  const common = mentioned(query, [...tables.values()]).map(({ entry }) => entry);
  const lists = find([query, ...common], ({ select_list: list }) => nodesOf(list).some(isCollated));
  if (lists.length > 0) throw new NotDistributed('columns of a part of it have a collation');
}
