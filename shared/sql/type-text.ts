import { parseType, type TypeText } from '../types/type-text.ts';

/** The type of `row(1, 2)`, or one that holds such: its fields have no names, and no text of SQL means it. */
export const hasNoText = (type: string): boolean => /[(,] ?"" /.test(type);

/** The value as this type, where a type can be written. */
export const castTo = (sql: string, type: string): string => (hasNoText(type) ? sql : `CAST(${sql} AS ${type})`);

/** A NULL of a type. */
export const nullOf = (type: string): string =>
  hasNoText(type) ? `CASE WHEN false THEN ${someOf(parseType(type))} END` : `NULL::${type}`;

/** Some value of a type. */
function someOf(type: TypeText): string {
  switch (type.kind) {
    case 'list':
      return `[${someOf(type.element)}]`;
    case 'array':
      return `array_value(${Array.from({ length: type.size }, () => someOf(type.element)).join(', ')})`;
    case 'map':
      return `map([${someOf(type.key)}], [${someOf(type.value)}])`;
    case 'struct':
      return structOf(type.fields);
    case 'plain':
      return `NULL::${type.name}${type.parameters.length === 0 ? '' : `(${type.parameters.join(', ')})`}`;
  }
}

const structOf = (fields: Extract<TypeText, { kind: 'struct' }>['fields']): string =>
  fields.every(({ name }) => name === '')
    ? `row(${fields.map(({ type }) => someOf(type)).join(', ')})`
    : `{${fields.map(({ name, type }) => `'${name.replaceAll("'", "''")}': ${someOf(type)}`).join(', ')}}`;
