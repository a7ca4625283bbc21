import type { Connection } from '../../shared/duckdb/connection.ts';
import { type AstNode, identity } from '../../shared/sql/ast.ts';
import type { Dialect, FunctionCatalog } from '../planner/dialect.ts';

/** How many answers of each kind are remembered: plans ask for the same few again and again. */
const answersMax = 2_000;

/** The planner's questions, answered by a DuckDB connection of this thread, each once. */
export function dialectOf(connection: Connection): Dialect {
  return {
    parse: remembered(
      (sql) => connection.parse(sql) as AstNode,
      (sql) => sql,
    ),
    print: remembered((tree) => connection.print(tree), identity),
    describe: remembered(
      (sql) => connection.describe(sql),
      (sql) => sql,
    ),
    evaluate: remembered(
      (sql) => connection.rows(sql),
      (sql) => sql,
    ),
    functions: catalogOf(connection),
  };
}

/** Errors are not remembered. */
function remembered<Question, Answer>(
  ask: (question: Question) => Answer,
  keyOf: (question: Question) => string,
): (question: Question) => Answer {
  const answers = new Map<string, Answer>();
  return (question) => {
    const key = keyOf(question);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = ask(question);
    if (answers.size >= answersMax) answers.clear();
    answers.set(key, answer);
    return answer;
  };
}

interface FunctionRow {
  readonly name: string;
  readonly kind: 'aggregate' | 'scalar' | 'macro';
  readonly stability: string | null;
  readonly definition: string | null;
}

function catalogOf(connection: Connection): FunctionCatalog {
  const rows = connection.rows(`
    SELECT DISTINCT lower(function_name) AS name, function_type AS kind, stability, macro_definition AS definition
    FROM duckdb_functions() WHERE function_type IN ('aggregate', 'scalar', 'macro')`) as unknown as FunctionRow[];
  const aggregates = new Set(rows.filter(({ kind }) => kind === 'aggregate').map(({ name }) => name));
  const volatiles = new Set(rows.filter(({ stability }) => stability === 'VOLATILE').map(({ name }) => name));
  const macros = rows.filter(({ kind }) => kind === 'macro');
  spread(macros, aggregates);
  spread(macros, volatiles);
  return {
    isAggregate: (name) => aggregates.has(name),
    isVolatile: (name) => volatiles.has(name),
  };
}

/** A macro that calls a function of the set is in the set, and so are those that call it. */
function spread(macros: readonly FunctionRow[], names: Set<string>): void {
  for (let size = -1; size !== names.size; ) {
    size = names.size;
    for (const { name, definition } of macros) {
      if (calls(definition ?? '').some((called) => names.has(called))) names.add(name);
    }
  }
}

const calls = (definition: string): string[] =>
  [...definition.matchAll(/\b(\w+)\(/g)].map(([, name]) => (name ?? '').toLowerCase());
