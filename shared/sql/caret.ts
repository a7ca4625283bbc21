/** The line of a position with a caret below it, as DuckDB shows it. */
export function caret(sql: string, place: number): string {
  // What is missing at the end is missing behind the last word.
  const position = sql.slice(place).trim() === '' ? Math.min(place, sql.trimEnd().length) : place;
  const before = sql.slice(0, position).split('\n');
  const head = `LINE ${before.length}: `;
  const line = sql.split('\n')[before.length - 1] ?? '';
  return `${head}${line}\n${' '.repeat(head.length + (before.at(-1)?.length ?? 0))}^`;
}
