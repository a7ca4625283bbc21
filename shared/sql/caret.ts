/** The line of a position with a caret below it, as DuckDB shows it. */
export function caret(sql: string, position: number): string {
  const before = sql.slice(0, position).split('\n');
  const head = `LINE ${before.length}: `;
  const line = sql.split('\n')[before.length - 1] ?? '';
  return `${head}${line}\n${' '.repeat(head.length + (before.at(-1)?.length ?? 0))}^`;
}
