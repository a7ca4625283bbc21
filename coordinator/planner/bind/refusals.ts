import { SheafError } from '../../../shared/errors.ts';
import { type AstNode, type AstValue, find, isNode, nodesOf } from '../../../shared/sql/ast.ts';
import type { PlanContext } from '../context.ts';

/** Functions by which a SELECT changes the DuckDB that runs it, for all that it runs later. */
const changing: ReadonlySet<string> = new Set([
  'enable_logging',
  'disable_logging',
  'truncate_duckdb_logs',
  'enable_profiling',
  'disable_profiling',
  'enable_peg_parser',
  'disable_peg_parser',
  'checkpoint',
  'force_checkpoint',
]);

/** Functions that run a text. */
const running: ReadonlySet<string> = new Set(['query', 'json_execute_serialized_sql']);

/** What SHOW TABLES and SHOW ALL TABLES are parsed to. */
const listing = /^("tables"|__show_tables_expanded)$/;

interface HarmContext extends Pick<PlanContext, 'dialect'> {
  readonly config: Pick<PlanContext['config'], 'subqueryLevelsMax'>;
}

/**
 * Refuses what would harm others: changes of the workers' databases, and what DuckDB never finishes.
 *
 * @throws SheafError `NOT_SUPPORTED`
 */
export function refuseHarm(tree: AstNode, context: HarmContext): void {
  const { subqueryLevelsMax } = context.config;
  for (const call of find(tree, (node) => node.class === 'FUNCTION')) refuseCall(call, context);
  if (find(tree, ({ type, table_name }) => type === 'SHOW_REF' && listing.test(String(table_name))).length > 0)
    throw new SheafError('NOT_SUPPORTED', 'SHOW TABLES would list the tables of a worker, which holds none', {
      next: 'List those of the cluster: npx sheaf tables, or cluster.tables(). DESCRIBE name shows the columns of one.',
    });
  if (hasRecursiveAsof(tree))
    throw new SheafError(
      'NOT_SUPPORTED',
      'ASOF joins are not supported in the recursive part of a WITH clause, as in DuckDB',
      {
        next: 'Join in a WITH clause or a table of its own before, and read that in the recursion; or select the nearest row with max(…).',
      },
    );
  if (levelsOf(tree) > subqueryLevelsMax)
    throw new SheafError(
      'NOT_SUPPORTED',
      `Subqueries stand in each other on more than ${subqueryLevelsMax} levels (subqueryLevelsMax)`,
      {
        next: 'Name them in a WITH clause: what stands in FROM may be nested at will.',
      },
    );
}

/**
 * DuckDB refuses it as the question begins to run, and then frees what it had prepared in a way that may end the
 * process.
 */
const hasRecursiveAsof = (tree: AstNode): boolean =>
  find(tree, ({ type }) => type === 'RECURSIVE_CTE_NODE').some(
    ({ right }) => find(right, (node) => node.ref_type === 'ASOF').length > 0,
  );

function refuseCall({ function_name, children }: AstNode, context: HarmContext): void {
  const name = String(function_name).toLowerCase();
  if (changing.has(name))
    throw new SheafError('NOT_SUPPORTED', `${name} changes the DuckDB of a worker, which others use, too`, {
      next: 'Leave it out; sheaf explain --analyze tells what a question did.',
    });
  if (!running.has(name)) return;
  const text = constantOf(nodesOf(children)[0]);
  if (name !== 'query' || text === undefined)
    throw new SheafError('NOT_SUPPORTED', `${name} would run a text that nobody has seen`, {
      next: 'Write the question itself, or give query its text as a literal.',
    });
  refuseHarm(context.dialect.parse(text), context);
}

function constantOf(node: AstNode | undefined): string | undefined {
  const value = node?.class === 'CONSTANT' ? node.value : undefined;
  return isNode(value) && typeof value.value === 'string' ? value.value : undefined;
}

function levelsOf(value: AstValue | undefined): number {
  if (Array.isArray(value)) return value.reduce<number>((most, item) => Math.max(most, levelsOf(item)), 0);
  if (!isNode(value)) return 0;
  const inside = Object.values(value).reduce<number>((most, item) => Math.max(most, levelsOf(item)), 0);
  return value.class === 'SUBQUERY' ? inside + 1 : inside;
}
