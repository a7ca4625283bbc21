import { assert, SheafError } from '../../../../shared/errors.ts';
import type { PlanOf } from '../../../../shared/plan/node.ts';
import { nodesOf, onlyStatement } from '../../../../shared/sql/ast.ts';
import type { PlanContext } from '../../context.ts';
import { fixTime, namedByPresent } from '../../expressions/present-time.ts';
import { FileNames } from '../../sql/file-names.ts';
import { hiveColumn } from '../../sql/hive-columns.ts';
import { methodsAsCalls } from '../../sql/method-calls.ts';
import { fillParameters } from '../../sql/parameters.ts';
import { relationsByName, tableReferences } from '../../sql/table-references.ts';
import { isOwnFile, virtualColumn } from '../../sql/virtual-columns.ts';
import { relationPrefix } from '../../sql/with-relations.ts';
import { columnNames } from '../describe.ts';
import { refuseHarm } from '../refusals.ts';
import type { BindPlan, Question } from './question.ts';

/**
 * What a text says and reads.
 *
 * @throws SheafError `SQL_INVALID` for what is not one SELECT, or does harm; what binding the tables throws
 */
export function lookInto(node: PlanOf<'sql'>, context: PlanContext, bindPlan: BindPlan): Question {
  const { tree: filled, text, unknown } = fillParameters(node, context.dialect);
  const parsed = methodsAsCalls(filled, context.dialect);
  assert(unknown.length === 0, 'the values of all PIVOTs are known');
  const relations = relationsByName(node.relations);
  if (onlyStatement(parsed) === undefined) throw notOne(nodesOf(parsed.statements).length);
  refuseHarm(parsed, context);
  const named = tableReferences(parsed, relations);
  const schemas = named.map(({ plan }) => bindPlan(plan).schema);
  const columns = new Set(schemas.flatMap((schema) => [...columnNames(schema)]));
  const fileNames = new FileNames(node.paths ?? [], context.dialect);
  const read = fileNames.ofReaders(
    fixTime(context.dialect, namedByPresent(context.dialect, parsed, columns), context.nowMs, columns),
  );
  const virtual = virtualColumn(read, schemas) ?? hiveColumn(named, relations, node.paths ?? [], context);
  const tree = virtual === 'filename' ? fileNames.ofColumns(read) : read;
  const prefix = relationPrefix(tree);
  const all = tableReferences(tree, relations);
  const scanned = all.map((each) => virtual === undefined || !isOwnFile(each, relations));
  return {
    text,
    relations,
    functions: node.functions ?? [],
    callable: node.callable ?? [],
    tree,
    references: all.filter((_, i) => scanned[i]),
    schemas: schemas.filter((_, i) => scanned[i]),
    ...(virtual === undefined ? {} : { virtual }),
    nameOf: (at) => `${prefix}${at}`,
  };
}

const notOne = (statements: number): SheafError =>
  new SheafError('SQL_INVALID', statements === 0 ? 'The text holds no question' : 'The text holds several statements', {
    next: 'Write one SELECT.',
  });
