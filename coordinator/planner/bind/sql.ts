import { SheafError } from '../../../shared/errors.ts';
import type { PlanNode, PlanOf } from '../../../shared/plan/node.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, isNode, onlyStatement, rewrite, textsOf } from '../../../shared/sql/ast.ts';
import type { Bound, BoundOf } from '../bound.ts';
import type { PlanContext } from '../context.ts';
import { inOwnLines } from '../expressions.ts';
import { fixTime } from '../present-time.ts';
import { fileReferences } from '../sql/file-references.ts';
import { lowerSelect } from '../sql/lower.ts';
import { selectParts } from '../sql/select-parts.ts';
import { relationPrefix, usedColumns, withEmptyRelations, withRelations } from '../sql/with-relations.ts';
import { isVolatile } from '../volatile.ts';
import { columnNames, describeOver } from './describe.ts';
import type { Question } from './question.ts';
import { sourceOf } from './source.ts';
import { explained } from './sql-errors.ts';

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

/**
 * The result's columns; equal names are told apart as DuckDB does it in a subquery. The user's own text is asked about where
 * it can be, so that columns without an alias are called as DuckDB calls them; else the text as DuckDB prints it.
 */
function describeQuestion(question: Question, { dialect }: PlanContext): Schema {
  const own = describeOwnText(question, dialect);
  if (own !== undefined && !(own instanceof SheafError)) return own;
  const { tree, references, schemas } = question;
  // As subqueries, not in a WITH clause: DuckDB cannot decorrelate some joins of what stands in one.
  const sql = dialect.print(withEmptyRelations(tree, references, schemas, dialect));
  try {
    return dialect.describe(`SELECT * FROM (\n${sql}\n)`);
  } catch (thrown) {
    throw explained(SheafError.from(thrown), own, question);
  }
}

/** Described with tables that are named as the files are; nothing where files stand in it otherwise. */
function describeOwnText(
  { text, references, schemas }: Question,
  dialect: PlanContext['dialect'],
): Schema | SheafError | undefined {
  const relations = references.map(({ scan }, i) => ({ name: scan.paths[0] ?? '', schema: schemas[i] ?? [] }));
  if (relations.length === 0 || references.some(({ node }) => node.type !== 'BASE_TABLE')) return undefined;
  const unique = relations.filter(({ name }, i) => relations.findIndex((other) => other.name === name) === i);
  try {
    return describeOver(dialect, unique, `SELECT * FROM (\n${text.replace(/(\s*;)+\s*$/, '')}\n)`);
  } catch (thrown) {
    return inOwnLines(SheafError.from(thrown));
  }
}

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
