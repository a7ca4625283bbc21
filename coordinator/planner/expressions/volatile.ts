import { type AstNode, find } from '../../../shared/sql/ast.ts';
import type { Dialect } from '../dialect.ts';

/** Whether another run over the same rows may yield other values. The present time is no longer in the tree by then. */
export const isVolatile = (dialect: Dialect, tree: AstNode | readonly AstNode[]): boolean =>
  find(tree, (node) => node.class === 'FUNCTION').some((node) =>
    dialect.functions.isVolatile(String(node.function_name).toLowerCase()),
  );
