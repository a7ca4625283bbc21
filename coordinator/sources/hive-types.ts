import type { FileFacts } from './file-facts.ts';

/** Means null in a directory's name. */
const nullText = '__HIVE_DEFAULT_PARTITION__';

/**
 * Files whose directories give columns (`year=2024/month=01`), with one type for each such column: DuckDB guesses it of
 * the values of all files, one file alone guesses it of its own.
 */
export function withHiveTypes(facts: readonly FileFacts[]): readonly FileFacts[] {
  const names = (facts[0]?.schema ?? []).map(({ name }) => name);
  const common = new Map(names.flatMap((name) => commonType(name, facts)));
  if (common.size === 0) return facts;
  return facts.map((each) => ({
    ...each,
    schema: each.schema.map(({ name, type }) => ({ name, type: common.get(name) ?? type })),
  }));
}

function commonType(name: string, facts: readonly FileFacts[]): (readonly [name: string, type: string])[] {
  if (!facts.every(({ file }) => valueIn(file.path, name) !== undefined)) return [];
  const told = facts.filter(({ file }) => valueIn(file.path, name) !== nullText);
  const types = new Set(
    told.flatMap(({ schema }) => schema.filter((one) => one.name === name).map(({ type }) => type)),
  );
  const [only = 'VARCHAR'] = types;
  return [[name, types.size === 1 ? only : 'VARCHAR']];
}

/** What the path's directories say of the column, as text. */
function valueIn(path: string, name: string): string | undefined {
  const start = `${name.toLowerCase()}=`;
  const part = path
    .split('/')
    .slice(0, -1)
    .findLast((each) => each.toLowerCase().startsWith(start));
  return part?.slice(start.length);
}
