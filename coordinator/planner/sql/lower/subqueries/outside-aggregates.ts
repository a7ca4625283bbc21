import { type AstNode, find } from '../../../../../shared/sql/ast.ts';
import type { Dialect } from '../../../dialect.ts';

export const isAggregate = (node: AstNode, { functions }: Dialect): boolean =>
  node.class === 'FUNCTION' && functions.isAggregate(String(node.function_name).toLowerCase());

export const hasAggregate = (tree: AstNode | readonly AstNode[], dialect: Dialect): boolean =>
  find(tree, (node) => isAggregate(node, dialect)).length > 0;
