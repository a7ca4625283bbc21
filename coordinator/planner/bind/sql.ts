import { SheafError } from '../../../shared/errors.ts';
import type { PlanNode, PlanOf } from '../../../shared/plan/node.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, isNode, onlyStatement, rewrite, textsOf } from '../../../shared/sql/ast.ts';
import type { Bound, BoundOf } from '../bound.ts';
import type { PlanContext } from '../context.ts';
import { inOwnLines } from '../expressions.ts';
import { fixTime } from '../present-time.ts';
import { type FileReference, fileReferences, unknownTables } from '../sql/file-references.ts';
import { lowerSelect } from '../sql/lower.ts';
import { selectParts } from '../sql/select-parts.ts';
import { relationPrefix, usedColumns, withRelations } from '../sql/with-relations.ts';
import { isVolatile } from '../volatile.ts';
import { columnNames, describeOver, emptyRelation, unknownColumn } from './describe.ts';
import { sourceOf } from './source.ts';

/** SQL text that was looked into: its tree, and the files that it names. */
interface Question {
  readonly text: string;
  readonly tree: AstNode;
  readonly references: readonly FileReference[];
  readonly schemas: readonly Schema[];
  /** Of the relations that stand for the files. */
  readonly nameOf: (at: number) => string;
}

/**
 * A whole SELECT: a plain one over one file becomes operators; of anything else the files are scanned in parallel, and the
 * query runs over them in one task.
 *
 * @throws SheafError `SQL_INVALID` with a caret, `COLUMN_UNKNOWN` and `TABLE_UNKNOWN` with the nearest names
 */
export function bindSql({ text }: PlanOf<'sql'>, context: PlanContext, bindPlan: (plan: PlanNode) => Bound): Bound {
  const question = lookInto(text, context);
  const result = describeQuestion(question, context);
  const lowered = lower(question, result, context);
  return typeof lowered === 'string' ? gather(question, result, lowered, context) : bindPlan(lowered);
}

function lookInto(text: string, context: PlanContext): Question {
  const parsed = context.dialect.parse(text);
  if (onlyStatement(parsed) === undefined) {
    throw new SheafError('SQL_INVALID', 'The text holds several statements', { next: 'Write one SELECT.' });
  }
  refuseParameters(parsed);
  const schemas = fileReferences(parsed).map(({ scan }) => sourceOf(scan, context).schema);
  const columns = new Set(schemas.flatMap((schema) => [...columnNames(schema)]));
  const tree = fixTime(context.dialect, parsed, context.nowMs, columns);
  const prefix = relationPrefix(tree);
  return { text, tree, references: fileReferences(tree), schemas, nameOf: (at) => `${prefix}${at}` };
}

function refuseParameters(tree: AstNode): void {
  if (find(tree, ({ class: kind }) => kind === 'PARAMETER').length === 0) return;
  throw new SheafError('NOT_SUPPORTED', 'The text has parameters', { next: 'Write the values into the text.' });
}

/** The result's columns; equal names are told apart as DuckDB does it in a subquery. */
function describeQuestion(question: Question, { dialect }: PlanContext): Schema {
  const { tree, references, schemas, nameOf } = question;
  const sql = dialect.print(withRelations(tree, references, nameOf));
  const tables = schemas.map((schema, i) => `${nameOf(i)} AS (${emptyRelation(schema)})`);
  const head = tables.length === 0 ? '' : `WITH ${tables.join(', ')}\n`;
  try {
    return dialect.describe(`${head}SELECT * FROM (\n${sql}\n)`);
  } catch (thrown) {
    throw explained(SheafError.from(thrown), question, dialect);
  }
}

/** The error in the user's own words: against the user's own text where files stand in it as tables. */
function explained(error: SheafError, question: Question, dialect: PlanContext['dialect']): SheafError {
  const { text, tree, references, schemas } = question;
  const [table] = unknownTables(tree);
  if (table !== undefined) return unknownTable(table, error);
  const all = schemas.flat();
  const isColumn = error.code === 'COLUMN_UNKNOWN' || /does not have a column/.test(error.message);
  const wanted = isColumn ? unknownName(tree, all, references) : undefined;
  if (wanted !== undefined)
    return unknownColumn(wanted, all, filesText(references), ownError(question, dialect) ?? error);
  const told = ownError(question, dialect) ?? error;
  const isForeign = told === error; // then its caret points into a text that the user never saw
  const message = isForeign ? error.message.replace(/\n+LINE \d+:.*$/s, '') : told.message;
  const code = error.code === 'QUERY_FAILED' || error.code === 'TABLE_UNKNOWN' ? 'SQL_INVALID' : error.code;
  const next = error.code === 'COLUMN_UNKNOWN' ? error.next : undefined;
  return new SheafError(code, message, { cause: told, next: next ?? 'Correct the SQL.', details: { sql: text } });
}

function ownError({ text, references, schemas }: Question, dialect: PlanContext['dialect']): SheafError | undefined {
  const relations = references.map(({ scan }, i) => ({ name: scan.paths[0] ?? '', schema: schemas[i] ?? [] }));
  if (relations.length === 0 || references.some(({ node }) => node.type !== 'BASE_TABLE')) return undefined;
  const unique = relations.filter(({ name }, i) => relations.findIndex((other) => other.name === name) === i);
  try {
    describeOver(dialect, unique, `SELECT * FROM (\n${text}\n)`);
    return undefined;
  } catch (thrown) {
    return inOwnLines(SheafError.from(thrown));
  }
}

const filesText = (references: readonly FileReference[]): string =>
  references.flatMap(({ scan }) => scan.paths).join(', ') || 'the query';

function unknownName(tree: AstNode, schema: Schema, references: readonly FileReference[]): string | undefined {
  const aliases = find(tree, ({ alias }) => typeof alias === 'string' && alias !== '').map(({ alias }) =>
    String(alias),
  );
  const known = new Set([
    ...columnNames(schema),
    ...[...aliases, ...references.map(({ alias }) => alias)].map((name) => name.toLowerCase()),
  ]);
  const names = find(tree, ({ class: kind }) => kind === 'COLUMN_REF').map(({ column_names }) => textsOf(column_names));
  const wanted = names.find((parts) => !parts.slice(0, 2).every((part) => known.has(part.toLowerCase())));
  return wanted?.find((part) => !known.has(part.toLowerCase()));
}

const unknownTable = (name: string, cause: SheafError): SheafError =>
  new SheafError('TABLE_UNKNOWN', `There is no table "${name}"`, {
    next: `Name files in quotes, for example FROM '${name}.parquet', or define it in a WITH clause.`,
    cause,
  });

function lower(question: Question, result: Schema, { dialect }: PlanContext): PlanNode | string {
  const { tree, references, schemas } = question;
  const select = onlyStatement(tree);
  const [reference, ...more] = references;
  const schema = schemas[0] ?? [];
  if (select === undefined || reference === undefined) return 'it reads no file that is scanned';
  if (more.length > 0) return 'it reads several files';
  const { from_table: from } = select;
  const isPlain = from === reference.node && textsOf(reference.node.column_name_alias).length === 0;
  if (select.type === 'SELECT_NODE' && !isPlain) return 'its FROM clause is more than one file';
  const parts = selectParts(select, reference.alias, schema, result);
  return typeof parts === 'string' ? parts : lowerSelect(parts, reference.scan, schema, dialect);
}

function gather(question: Question, schema: Schema, reason: string, { dialect }: PlanContext): BoundOf<'gather'> {
  const { tree, references, schemas, nameOf } = question;
  const inputs = references.map(
    (reference, i): BoundOf<'scan'> => ({
      operator: { kind: 'scan', scan: reference.scan },
      schema: usedColumns(withoutFiles(tree), reference, schemas[i] ?? []),
      inputs: [],
    }),
  );
  return {
    operator: {
      kind: 'gather',
      sql: (names) => dialect.print(withRelations(tree, references, (at) => names[at] ?? nameOf(at))),
      reason,
      volatile: isVolatile(dialect, tree),
    },
    schema,
    inputs,
  };
}

/** Names of files are no names of columns. */
const withoutFiles = (tree: AstNode): AstNode =>
  rewrite(tree, (node) => (isNode(node) && node.type === 'TABLE_FUNCTION' ? { type: 'EMPTY' } : undefined));
