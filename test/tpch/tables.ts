import type { Connection } from '../../shared/duckdb/connection.ts';
import { type AstNode, rewrite } from '../../shared/sql/ast.ts';

export const tables = ['lineitem', 'orders', 'customer', 'part', 'partsupp', 'supplier', 'nation', 'region'] as const;

/** The query over files: each table is `DIRECTORY/table.parquet`, under its own name where it has no alias. */
export function overFiles(query: string, directory: string, connection: Connection): string {
  const names: ReadonlySet<string> = new Set(tables);
  const tree = rewrite(connection.parse(query) as AstNode, (node) => {
    const name = String(node.table_name);
    if (node.type !== 'BASE_TABLE' || !names.has(name)) return undefined;
    return { ...node, alias: node.alias || name, table_name: `${directory}/${name}.parquet` };
  });
  return connection.print(tree);
}
