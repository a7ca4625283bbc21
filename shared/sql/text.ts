/** SQL as text: names and values quoted for DuckDB. */

/** `origin`, or `"part of day"` where the plain name would not do. */
export const name = (text: string): string => (plain.test(text) && !reserved.has(text) ? text : quotedName(text));

/** Always in double quotes. */
export const quotedName = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** What a name in double quotes says. */
export const unquotedName = (sql: string): string => sql.slice(1, -1).replaceAll('""', '"');

/** A text constant. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A text constant for a reader of files that means this one path, whatever DuckDB takes for a pattern in it. */
export const pathLiteral = (path: string): string => literal(path.replace(/[*?[]/g, '[$&]'));

/** How often the text names an input: one that the planner has named, in letters and digits. */
export const mentions = (sql: string, input: string): number => sql.split(new RegExp(`\\b${input}\\b`)).length - 1;

/** What a text constant says. */
export const unquotedText = (sql: string): string => sql.slice(1, -1).replaceAll("''", "'");

const plain = /^[a-z_][a-z0-9_]*$/;

/** DuckDB's reserved words (`duckdb_keywords()`, also those that may only name functions or types). */
const reserved: ReadonlySet<string> = new Set(
  `all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check
  collate collation column columns concurrently constraint create cross default deferrable desc describe distinct
  do else end except false fetch for foreign freeze from full generated glob group having ilike in initially inner
  intersect into is isnull join lambda lateral leading left like limit map natural not notnull null offset on only
  or order outer overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning
  right row select semi show similar some struct summarize symmetric table tablesample then to trailing true
  try_cast union unique unpack unpivot using values variadic verbose when where window with between bigint bit
  boolean char character coalesce dec decimal exists extract float grouping_id grouping inout int integer interval
  national nchar none nullif numeric out overlay position precision real setof smallint substring time timestamp
  treat trim varchar xmlattributes`
    .split(/\s+/)
    .filter(Boolean),
);
