import { SheafError } from '../../../shared/errors.ts';
import type { SqlFunction } from '../../../shared/plan/nodes/sql.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, type AstValue, find, isNode, nodesOf, rewrite } from '../../../shared/sql/ast.ts';
import type { Dialect } from '../dialect.ts';
import { parseExpression, printExpression } from '../expressions/tree.ts';
import { argumentsOf, functionOf, hasCall, refused, type SqlFunctions } from './calls.ts';

/**
 * DuckDB as if it had these functions: names and types come out right, calls stay in the trees. What is described has,
 * in place of a call, an expression of its type over its arguments.
 */
export function withFunctions(dialect: Dialect, functions: SqlFunctions): Dialect {
  if (functions.size === 0) return dialect;
  for (const each of functions.values()) checkTypes(each, dialect);
  const named = new RegExp(`\\b(${[...functions.keys()].join('|')})\\b`, 'i');
  return {
    ...dialect,
    describe: (sql) => (named.test(sql) ? describeCalls(sql, dialect, functions) : dialect.describe(sql)),
    functions: {
      isAggregate: (name) =>
        functions.has(name) ? functions.get(name)?.kind === 'aggregate' : dialect.functions.isAggregate(name),
      isVolatile: (name) =>
        functions.has(name) ? functions.get(name)?.deterministic === false : dialect.functions.isVolatile(name),
    },
  };
}

/** Its caret would point into a text that the user never saw. */
function describeCalls(sql: string, dialect: Dialect, functions: SqlFunctions): Schema {
  const tree = dialect.parse(sql);
  const [window] = find(
    tree,
    (node) => node.class === 'WINDOW' && functions.has(String(node.function_name).toLowerCase()),
  );
  if (window !== undefined) throw noWindow(window);
  if (!hasCall(tree, functions)) return dialect.describe(sql);
  try {
    return dialect.describe(dialect.print(standIns(withNames(tree, dialect, functions), dialect, functions)));
  } catch (thrown) {
    const error = SheafError.from(thrown);
    const message = error.message.replace(/\n+LINE \d+:.*$/s, '');
    throw new SheafError(error.code, message, { ...error.toData(), cause: error });
  }
}

/** Columns without an alias are called after their text, in which calls stand. */
function withNames<T extends AstValue>(tree: T, dialect: Dialect, functions: SqlFunctions): T {
  return rewrite(tree, (node) => {
    if (node.type !== 'SELECT_NODE') return undefined;
    const inside = Object.entries(node).map(([key, value]) => [key, withNames(value, dialect, functions)]);
    const list = nodesOf(node.select_list).map((item) => {
      const inner = withNames(item, dialect, functions);
      return item.alias === '' && hasCall(item, functions)
        ? { ...inner, alias: printExpression(dialect, item) }
        : inner;
    });
    return { ...Object.fromEntries(inside), select_list: list } as AstNode;
  });
}

const standIns = (tree: AstNode, dialect: Dialect, functions: SqlFunctions): AstNode =>
  rewrite(tree, (node) => {
    const called = functionOf(node, functions);
    return called === undefined ? undefined : { ...standIn(node, called, dialect, functions), alias: node.alias ?? '' };
  });

/** `struct_extract(struct_pack(r := NULL::…, a0 := …), 'r')`; of an aggregate, any of those. */
function standIn(call: AstNode, called: SqlFunction, dialect: Dialect, functions: SqlFunctions): AstNode {
  const given = argumentsOf(call, called).map((tree) => standIns(tree, dialect, functions));
  const places = given.map((_, i) => `a${i} := 0`);
  const text = `struct_extract(struct_pack(${[`r := CAST(NULL AS ${called.returns})`, ...places].join(', ')}), 'r')`;
  const extract = parseExpression(dialect, text);
  const [pack = {}, field = {}] = nodesOf(extract.children);
  const [result = {}, ...rest] = nodesOf(pack.children);
  const filled = { ...pack, children: [result, ...given.map((tree, i) => ({ ...tree, alias: rest[i]?.alias ?? '' }))] };
  const value = { ...extract, children: [filled, field] };
  if (called.kind !== 'aggregate') return value;
  const filter = isNode(call.filter) ? standIns(call.filter, dialect, functions) : null;
  return { ...parseExpression(dialect, 'any_value(0)'), children: [value], filter };
}

/** @throws SheafError `SQL_INVALID` naming the function and the type that is none */
function checkTypes({ name, args, returns }: SqlFunction, dialect: Dialect): void {
  for (const { what, type } of [
    { what: 'value', type: returns },
    ...args.map((arg) => ({ what: `argument ${arg.name}`, type: arg.type })),
  ]) {
    try {
      dialect.describe(`SELECT CAST(NULL AS ${type})`);
    } catch {
      throw refused(
        name,
        `The ${what} of ${name} has the type "${type}", which DuckDB does not have`,
        'Name another type.',
      );
    }
  }
}

const noWindow = ({ function_name }: AstNode): SheafError =>
  refused(
    String(function_name),
    `${String(function_name)} is a TypeScript function: it cannot stand before OVER`,
    'Use a window function of DuckDB, or group by the keys and join.',
  );
