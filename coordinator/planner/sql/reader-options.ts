import type { Json } from '../../../shared/json.ts';
import type { FileFormat, ScanOptions } from '../../../shared/plan/nodes/scan.ts';
import { type AstNode, isNode, nodesOf, textsOf } from '../../../shared/sql/ast.ts';

/**
 * What the named arguments of a reader in SQL mean to a scan.
 *
 * @returns nothing where one is not understood, or may be understood otherwise than by DuckDB
 */
export function readerOptions(format: FileFormat, args: readonly AstNode[]): ScanOptions | undefined {
  const named = args.map(namedOf);
  if (!named.every((each) => each !== undefined)) return undefined;
  const given = Object.fromEntries(named);
  if (Object.keys(given).length < named.length) return undefined; // twice the same: DuckDB says so
  return format === 'csv' ? csvOptions(given) : unionByName(given);
}

type Given = Readonly<Record<string, Json>>;

function unionByName({ union_by_name: byName, ...others }: Given): ScanOptions | undefined {
  if (Object.keys(others).length > 0 || (byName !== undefined && byName !== true)) return undefined;
  return byName === true ? { unionByName: true } : {};
}

const text = (value: unknown): value is string => typeof value === 'string';
const flag = (value: Json): value is boolean => typeof value === 'boolean';
const number = (value: Json): value is number => typeof value === 'number';
const texts = (value: Json): boolean => Array.isArray(value) && value.every(text);
const types = (value: Json): boolean => texts(value) || isStruct(value);
const isStruct = (value: Json): value is Readonly<Record<string, string>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((each) => typeof each === 'string');

/** What DuckDB's sniffer takes, too: it says what comes of them. */
const sniffed: Readonly<Record<string, (value: Json) => boolean>> = {
  types,
  dtypes: types,
  column_types: types,
  names: texts,
  column_names: texts,
  all_varchar: flag,
  skip: number,
  sample_size: number,
  dateformat: text,
  timestampformat: text,
  comment: text,
};

function csvOptions(given: Given): ScanOptions | undefined {
  const { columns, ...others } = given;
  if (columns === undefined) return fromEntries(others);
  // Without `header`, whether the first line is one depends on how well the columns fit it.
  if (!isStruct(columns) || others.header === undefined) return undefined;
  return fromEntries({ ...others, names: Object.keys(columns), types: Object.values(columns) });
}

function fromEntries(given: Given): ScanOptions | undefined {
  const options: { -readonly [K in keyof ScanOptions]: ScanOptions[K] } = {};
  const reader: Record<string, Json> = {};
  for (const [name, value] of Object.entries(given)) {
    if ((name === 'delim' || name === 'sep') && text(value)) options.delimiter = value;
    else if (name === 'quote' && text(value)) options.quote = value;
    else if (name === 'escape' && text(value)) options.escape = value;
    else if (name === 'nullstr' && text(value)) options.nullText = value;
    else if (name === 'header' && flag(value)) options.header = value;
    else if (name === 'union_by_name' && value === true) options.unionByName = true;
    else if (name === 'parallel' && flag(value)) options.multiline = !value;
    else if (sniffed[name]?.(value)) reader[name] = value;
    else if (name !== 'auto_detect' || value !== true) return undefined;
  }
  return Object.keys(reader).length === 0 ? options : { ...options, reader };
}

/** Of `name = value` or `name := value`; empty for neither. */
export const argumentName = (argument: AstNode): string => {
  const { left } = argument;
  return isEquality(argument) && isNode(left) ? textsOf(left.column_names).join('.') : String(argument.alias ?? '');
};

const isEquality = ({ type, left, right }: AstNode): boolean =>
  type === 'COMPARE_EQUAL' && isNode(left) && isNode(right);

function namedOf(argument: AstNode): readonly [string, Json] | undefined {
  const name = argumentName(argument).toLowerCase();
  const value = constantOf(isEquality(argument) ? (argument.right as AstNode) : argument);
  return name === '' || value === undefined ? undefined : [name, value];
}

/** A text, whole number or boolean that is written out, a list or a struct of such. */
function constantOf(node: AstNode): Json | undefined {
  const { class: kind, function_name: name, child, cast_type: to } = node;
  if (kind === 'CONSTANT') return writtenOf(node);
  if (kind === 'CAST' && isNode(child) && isNode(to) && to.id === 'BOOLEAN') {
    const value = writtenOf(child);
    return value === 't' ? true : value === 'f' ? false : undefined;
  }
  const values = nodesOf(node.children).map(constantOf);
  if (kind !== 'FUNCTION' || !values.every((value) => value !== undefined)) return undefined;
  if (name === 'list_value') return values;
  if (name !== 'struct_pack') return undefined;
  return Object.fromEntries(nodesOf(node.children).map(({ alias }, i) => [String(alias), values[i] ?? null]));
}

function writtenOf({ value }: AstNode): string | number | undefined {
  const inner = isNode(value) ? value.value : undefined;
  const type = isNode(value) && isNode(value.type) ? value.type.id : '';
  if (type === 'VARCHAR' && typeof inner === 'string') return inner;
  return type === 'INTEGER' && typeof inner === 'number' ? inner : undefined;
}
