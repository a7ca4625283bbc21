import { tokenize } from './tokens.ts';

const rows =
  "Write one SELECT statement; `-o FILE` of sheaf sql, dataset.write or a pipeline's sink put its rows somewhere.";
const names =
  'sheaf sql takes CREATE [OR REPLACE] TABLE or VIEW name AS SELECT … and DROP; programs call cluster.createTable, createView, dropTable.';
const elsewhere = 'Write one SELECT statement; read other databases by a connector: docs/connectors.md.';
const settings = 'Write one SELECT statement; settings are those of the cluster: docs/configuration.md.';
const explaining = 'Ask sheaf explain [--analyze] "select …", or dataset.explain().';
const plain = 'Write one SELECT statement.';

/** What to do in place of a statement that is no question, by its first word. */
const advice: ReadonlyMap<string, string> = new Map([
  ...['insert', 'update', 'delete', 'merge', 'truncate', 'copy', 'export', 'import'].map(
    (word) => [word, rows] as const,
  ),
  ...['create', 'drop', 'alter', 'comment'].map((word) => [word, names] as const),
  ...['attach', 'detach', 'use', 'install', 'load', 'update extensions'].map((word) => [word, elsewhere] as const),
  ...['set', 'reset', 'pragma'].map((word) => [word, settings] as const),
  ...['explain', 'analyze'].map((word) => [word, explaining] as const),
  ...['begin', 'start', 'commit', 'rollback', 'abort', 'vacuum', 'checkpoint', 'force'].map(
    (word) => [word, plain] as const,
  ),
  ...['prepare', 'execute', 'deallocate', 'call'].map((word) => [word, plain] as const),
]);

/** Nothing for a text that may be a question. */
export function statementAdvice(sql: string): { readonly statement: string; readonly next: string } | undefined {
  const first = tokenize(sql).find(({ kind }) => kind !== 'space')?.sql ?? '';
  const next = advice.get(first.toLowerCase());
  return next === undefined ? undefined : { statement: first.toUpperCase(), next };
}
