import { SheafError } from '../../../../shared/errors.ts';
import type { Schema } from '../../../../shared/schema.ts';
import type { PlanContext } from '../../context.ts';
import { inOwnLines } from '../../expressions/tree.ts';
import { withEmptyRelations } from '../../sql/with-relations.ts';
import { describeOver } from '../describe.ts';
import { explained } from './errors.ts';
import type { Question } from './question.ts';

/**
 * The result's columns; equal names are told apart as DuckDB does it in a subquery. The user's own text is asked about where
 * it can be, so that columns without an alias are called as DuckDB calls them; else the text as DuckDB prints it.
 */
export function describeQuestion(question: Question, { dialect }: PlanContext): Schema {
  const own = describeOwnText(question, dialect);
  if (own !== undefined && !(own instanceof SheafError)) return own;
  const { tree, references, schemas } = question;
  // As subqueries, not in a WITH clause: DuckDB cannot decorrelate some joins of what stands in one.
  const sql = dialect.print(withEmptyRelations(tree, references, schemas, dialect));
  try {
    return namedAsWritten(dialect.describe(`SELECT * FROM (\n${sql}\n)`), question.text);
  } catch (thrown) {
    throw explained(SheafError.from(thrown), own, question);
  }
}

/** A printed tree has arrows for all functions; DuckDB calls a column without an alias by what was written. */
const namedAsWritten = (schema: Schema, text: string): Schema =>
  /\blambda\b/i.test(text)
    ? schema.map(({ name, type }) => ({ name: name.replace(arrow, '(lambda $1$2: '), type }))
    : schema;

/** `(v -> ` or `("row"(x, y) -> ` */
const arrow = /\((?:"row"\(([\w, ]+?)\)|(\w+)) -> /g;

/** Described with tables that are named as in the text; nothing where files stand in it otherwise. */
function describeOwnText(
  { text, references, schemas }: Question,
  dialect: PlanContext['dialect'],
): Schema | SheafError | undefined {
  const relations = references.map(({ name }, i) => ({ name, schema: schemas[i] ?? [] }));
  if (relations.length === 0 || references.some(({ node }) => node.type !== 'BASE_TABLE')) return undefined;
  const unique = relations.filter(({ name }, i) => relations.findIndex((other) => other.name === name) === i);
  try {
    return describeOver(dialect, unique, `SELECT * FROM (\n${text.replace(/(\s*;)+\s*$/, '')}\n)`);
  } catch (thrown) {
    return inOwnLines(SheafError.from(thrown));
  }
}
