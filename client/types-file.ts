import type { Schema } from '../shared/schema.ts';

/**
 * A TypeScript module that says a file's columns, for `npx sheaf types FILE`: pass its `schema` to `cluster.read`, and
 * the compiler knows the columns.
 *
 * @param columns as DuckDB describes them
 * @param source where they were read, for the comment
 */
export function typesFile(columns: Schema, source: string): string {
  const lines = columns.map(({ name, type }) => `  ${propertyName(name)}: ${quoted(type)},`);
  return [
    `/** Columns of ${commented(source)}, with DuckDB's types. Written by \`npx sheaf types\`. */`,
    'export const schema = {',
    ...lines,
    '} as const;',
    '',
  ].join('\n');
}

/** `__proto__` as a plain key would set the object's prototype. */
const propertyName = (name: string): string =>
  name === '__proto__' ? "['__proto__']" : /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);

/** JSON's escapes in single quotes, with the two line ends that JSON lets pass. */
function quoted(text: string): string {
  const body = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${body.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

const commented = (text: string): string => text.replaceAll('*/', '*\\/').replace(/[\r\n]+/g, ' ');
