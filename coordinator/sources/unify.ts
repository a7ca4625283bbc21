import { SheafError } from '../../shared/errors.ts';
import { didYouMean } from '../../shared/nearest.ts';
import type { ScanNode } from '../../shared/plan/nodes/scan.ts';
import type { Column, Schema } from '../../shared/schema.ts';
import type { Dialect } from '../planner/dialect.ts';
import type { FileFacts } from './file-facts.ts';
import { checkCase } from './ndjson.ts';

/**
 * The columns of a scan over its files: those of the first, which all others must have, in whatever order. Types that
 * were guessed from text (CSV, NDJSON) widen to a common one; those that files declare must be equal. With
 * `unionByName`, columns are gathered from all files and types widen.
 *
 * @throws SheafError `SCHEMA_MISMATCH` saying which file differs and how; `COLUMN_UNKNOWN` for a given schema's column
 */
export function unify(facts: readonly FileFacts[], { format, options }: ScanNode, dialect: Dialect): Schema {
  const [first, ...others] = distinctSchemas(telling(facts, format === 'csv' && options.unionByName === true));
  if (first === undefined) return [];
  let schema = first.schema;
  for (const other of others) {
    // A line of NDJSON may lack any key: so may a file.
    if (format === 'ndjson') checkCase({ ...first, schema }, other);
    else if (!options.unionByName) checkNames(first, other);
    schema = merged({ ...first, schema }, other, { format, options }, dialect);
  }
  return options.schema === undefined ? schema : chosen(options.schema, schema, first);
}

/**
 * Beside files with rows, those without tell less: an empty one nothing, one of a header no types. As in DuckDB, which
 * only counts empty CSV files where columns are gathered by name.
 */
function telling(facts: readonly FileFacts[], isEmptyNamed: boolean): readonly FileFacts[] {
  const named = facts.filter(({ noRows }) => noRows !== 'empty' || isEmptyNamed);
  if (named.length === 0) return facts;
  const types = new Map<string, string>();
  for (const { noRows, schema } of named) {
    if (noRows === undefined) for (const { name, type } of schema) types.set(name.toLowerCase(), type);
  }
  const typed = (schema: Schema): Schema =>
    schema.map(({ name, type }) => ({ name, type: types.get(name.toLowerCase()) ?? type }));
  return named.map((each) => (each.noRows === 'header' ? { ...each, schema: typed(each.schema) } : each));
}

/** Files of one schema count once: ten thousand files usually have one. */
function distinctSchemas(facts: readonly FileFacts[]): FileFacts[] {
  const seen = new Set<string>();
  return facts.filter(({ schema }) => {
    const key = JSON.stringify(schema);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

const find = (schema: Schema, wanted: string): Column | undefined =>
  schema.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());

function checkNames(first: FileFacts, other: FileFacts): void {
  const lacks = first.schema.filter(({ name }) => !find(other.schema, name)).map(({ name }) => `"${name}"`);
  const extra = other.schema.filter(({ name }) => !find(first.schema, name)).map(({ name }) => `"${name}"`);
  const parts = [
    ...(lacks.length === 0 ? [] : [`it lacks ${lacks.join(', ')}`]),
    ...(extra.length === 0 ? [] : [`it has ${extra.join(', ')} besides`]),
  ];
  if (parts.length > 0) throw mismatch(first, other, parts.join(' and '));
}

/** The type to which two can be brought, if there is one. */
type Wider = (a: string, b: string) => string | undefined;

/** Any value of CSV may be read as the text that it is; a type that a file declares stays. */
function widerIn(format: ScanNode['format'], isByName: boolean, dialect: Dialect): Wider {
  if (format === 'csv') return (a, b) => (a === 'VARCHAR' || b === 'VARCHAR' ? 'VARCHAR' : widerType(a, b, dialect));
  if (format === 'ndjson') return (a, b) => widerType(a, b, dialect);
  // Batches of Arrow files are handed on as they are.
  return format === 'parquet' && isByName ? (a, b) => unionType(a, b, dialect) : () => undefined;
}

function merged(
  first: FileFacts,
  other: FileFacts,
  { format, options }: Pick<ScanNode, 'format' | 'options'>,
  dialect: Dialect,
): Schema {
  const { schema } = first;
  const isByName = options.unionByName === true;
  const wider = widerIn(format, isByName, dialect);
  const common = schema.map(({ name, type }) => {
    const theirs = find(other.schema, name)?.type ?? type;
    if (theirs === type) return { name, type };
    const both = wider(type, theirs);
    if (both === undefined) throw mismatch(first, other, `"${name}" is ${theirs} there and ${type} here`, isByName);
    return { name, type: both };
  });
  return [...common, ...other.schema.filter(({ name }) => !find(schema, name))];
}

/** The type to which DuckDB brings both in one list, if there is one. */
const widerType = (a: string, b: string, dialect: Dialect): string | undefined =>
  describedType(`SELECT [NULL::${a}, NULL::${b}] AS both_types`, dialect)?.replace(/\[\]$/, '');

/** The type to which DuckDB brings both in one column, at worst text, if there is one. A value is not made a list of itself. */
const unionType = (a: string, b: string, dialect: Dialect): string | undefined =>
  nesting(a) === nesting(b)
    ? describedType(`SELECT NULL::${a} AS both_types UNION ALL SELECT NULL::${b}`, dialect)
    : undefined;

/** Of a list, an array, a struct, a map; nothing of a value. */
const nesting = (type: string): string | undefined => /(\[\d*\])$|^(STRUCT|MAP|UNION)\(/.exec(type)?.[0];

function describedType(sql: string, dialect: Dialect): string | undefined {
  try {
    return dialect.describe(sql)[0]?.type;
  } catch {
    return undefined; // no common type: the caller says which file and column
  }
}

const mismatch = (first: FileFacts, other: FileFacts, how: string, isByName = false): SheafError =>
  new SheafError('SCHEMA_MISMATCH', `${other.file.path} differs from ${first.file.path}: ${how}`, {
    next: isByName
      ? 'No type is found for both: read these files apart, and cast the column of each before they are united.'
      : 'Read files of one schema together, or pass { unionByName: true } (in SQL: union_by_name = true) to match columns by name and widen types.',
    details: { file: other.file.path },
  });

function chosen(wanted: Schema, schema: Schema, { file }: FileFacts): Schema {
  const names = schema.map(({ name }) => name);
  for (const { name } of wanted) {
    if (find(schema, name)) continue;
    const next = [didYouMean(names, name), `The file has: ${names.join(', ')}.`].filter(Boolean).join(' ');
    throw new SheafError('COLUMN_UNKNOWN', `The given schema has a column "${name}" that ${file.path} lacks`, { next });
  }
  return wanted;
}
