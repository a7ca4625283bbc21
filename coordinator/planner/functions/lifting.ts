import { SheafError } from '../../../shared/errors.ts';
import type { SqlFunction } from '../../../shared/plan/nodes/sql.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, textsOf } from '../../../shared/sql/ast.ts';
import type { FunctionStep } from '../../../shared/stage/function-step.ts';
import { columnNames, describeOver } from '../bind/describe.ts';
import type { Bound, BoundColumn, BoundExpression } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { columnNamed, namesIn, parseExpression, printExpression } from '../expressions/tree.ts';
import { isVolatile } from '../expressions/volatile.ts';
import { argumentsOf, functionOf, innermostCalls, refused, replaceCall, type SqlFunctions } from './calls.ts';

/** A plan below, and trees over its columns in which no TypeScript function is called any more. */
export interface Lifted {
  readonly input: Bound;
  readonly trees: readonly AstNode[];
}

/**
 * What taking calls of TypeScript functions out of expressions needs: their steps, and the plan's operators around
 * them.
 */
export class Lifting {
  readonly functions: SqlFunctions;
  readonly context: PlanContext;
  #names = 0;

  constructor(functions: SqlFunctions, context: PlanContext) {
    this.functions = functions;
    this.context = context;
  }

  /** A column name that is not taken yet. */
  fresh(...schemas: readonly Schema[]): string {
    const taken = columnNames(schemas.flat());
    let name = `_fn${this.#names++}`;
    while (taken.has(name)) name = `_fn${this.#names++}`;
    return name;
  }

  expression(tree: AstNode): BoundExpression {
    const { dialect } = this.context;
    return { sql: printExpression(dialect, tree), tree, names: namesIn(tree), volatile: isVolatile(dialect, tree) };
  }

  column(name: string, tree: AstNode): BoundColumn {
    return { ...this.expression(tree), name };
  }

  /** Exactly these columns, whose types are known. */
  project(
    input: Bound,
    columns: readonly { readonly name: string; readonly type: string; readonly tree: AstNode }[],
  ): Bound {
    return {
      operator: { kind: 'project', columns: columns.map(({ name, tree }) => this.column(name, tree)) },
      schema: columns.map(({ name, type }) => ({ name, type })),
      inputs: [input],
    };
  }

  /** Only these of its columns. */
  cut(input: Bound, schema: Schema): Bound {
    return this.project(
      input,
      schema.map(({ name, type }) => ({ name, type, tree: columnNamed(name) })),
    );
  }

  /** A column that a function adds. */
  call(input: Bound, step: Omit<FunctionStep, 'kind'>, { deterministic }: SqlFunction): Bound {
    return {
      operator: { kind: 'call', step: { kind: 'function', ...step }, deterministic },
      schema: step.schema,
      inputs: [input],
    };
  }

  /** Calls of functions over rows are made, the inner ones first. */
  scalars(input: Bound, trees: readonly AstNode[]): Lifted {
    let [below, left] = [input, trees];
    // One at a time: replacing a call makes new trees.
    for (let [call] = innermostCalls(left, this.functions); call; [call] = innermostCalls(left, this.functions)) {
      const result = this.fresh(below.schema);
      below = this.#scalar(below, call, result);
      left = replaceCall(left, call, columnNamed(result), this.functions);
    }
    return { input: below, trees: left };
  }

  /** Arguments of a call as columns of the declared types. */
  argumentColumns(call: AstNode, called: SqlFunction, schema: Schema) {
    return argumentsOf(call, called).map((tree, i) => {
      const { name, type } = called.args[i] ?? { name: '', type: '' };
      const column = this.fresh(schema);
      this.#checkArgument(tree, type, { called, name, schema });
      return { column, name, type: this.#typeName(type), tree: castTo(tree, type, this.context) };
    });
  }

  /** As DuckDB calls the type. */
  #typeName(type: string): string {
    return this.context.dialect.describe(`SELECT CAST(NULL AS ${type})`)[0]?.type ?? type;
  }

  returns({ returns }: SqlFunction): string {
    return this.#typeName(returns);
  }

  #scalar(input: Bound, call: AstNode, result: string): Bound {
    const called = functionOf(call, this.functions);
    if (called === undefined) throw new RangeError('not a call of a TypeScript function');
    const args = this.argumentColumns(call, called, input.schema);
    const passed = input.schema.map(({ name, type }) => ({ name, type, tree: columnNamed(name) }));
    const below = this.project(input, [
      ...passed,
      ...args.map(({ column, type, tree }) => ({ name: column, type, tree })),
    ]);
    const schema = [...input.schema, { name: result, type: this.returns(called) }];
    const mode = called.kind === 'batches' ? 'scalarBatches' : 'scalar';
    return this.call(below, { mode, bundle: called.function, schema, args: namesOf(args) }, called);
  }

  /** What DuckDB would not convert by itself is an error here, too. */
  #checkArgument(
    tree: AstNode,
    type: string,
    place: { readonly called: SqlFunction; readonly name: string; readonly schema: Schema },
  ): void {
    const { called, name, schema } = place;
    const { dialect } = this.context;
    const known = columnNames(schema);
    const foreign = find(tree, (node) => node.class === 'COLUMN_REF').find(
      ({ column_names }) => !textsOf(column_names).some((part) => known.has(part.toLowerCase())),
    );
    if (foreign !== undefined || find(tree, ({ class: kind }) => kind === 'SUBQUERY' || kind === 'WINDOW').length > 0)
      throw notHere(called.name, `its argument ${printExpression(dialect, tree)} is no expression over columns`);
    const text = printExpression(dialect, tree);
    const relation = { name: 'input', schema };
    const [own] = describeOver(dialect, [relation], `SELECT ${text} AS a FROM input`);
    if (
      commonType(() => describeOver(dialect, [relation], `SELECT [${text}, CAST(NULL AS ${type})] AS a FROM input`)) ===
      this.#typeName(type)
    )
      return;
    throw refused(
      called.name,
      `The argument ${name} of ${called.name} is ${this.#typeName(type)}; ${text} is ${own?.type ?? 'of another type'}`,
      `Write ${called.name}(… CAST(${text} AS ${this.#typeName(type)}) …) if its values fit.`,
    );
  }

  filtered(input: Bound, trees: readonly AstNode[]): Bound {
    const predicate = this.expression(conjunction(trees));
    return { operator: { kind: 'filter', predicate }, schema: input.schema, inputs: [input] };
  }
}

/** Which column becomes which argument, for a function step. */
export const namesOf = (args: readonly { readonly column: string; readonly name: string }[]) =>
  args.map(({ column, name }) => ({ column, name }));

/** Conditions joined by AND. */
export const conjuncts = (tree: AstNode): AstNode[] =>
  tree.type === 'CONJUNCTION_AND' && Array.isArray(tree.children)
    ? (tree.children as readonly AstNode[]).flatMap(conjuncts)
    : [tree];

/** Conditions joined by AND; the reverse of {@link conjuncts}. */
export function conjunction(trees: readonly AstNode[]): AstNode {
  const [only = {}, ...more] = trees;
  return more.length === 0 ? only : { class: 'CONJUNCTION', type: 'CONJUNCTION_AND', alias: '', children: trees };
}

/** The type of the elements of a list of both, or nothing if there is no such list. */
function commonType(describe: () => Schema): string | undefined {
  try {
    return describe()[0]?.type.replace(/\[\]$/, '');
  } catch {
    return undefined; // DuckDB finds no common type: the caller says which
  }
}

const castTo = (tree: AstNode, type: string, { dialect }: PlanContext): AstNode => ({
  ...parseExpression(dialect, `CAST(0 AS ${type})`),
  child: { ...tree, alias: '' },
});

/** The error for a call where none can be made. @param why completes the sentence */
export const notHere = (name: string, why: string): SheafError =>
  new SheafError('NOT_SUPPORTED', `The function ${name} cannot be called there: ${why}`, {
    next: 'Compute it as a column of a subquery first.',
    details: { function: name },
  });
