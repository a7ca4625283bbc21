import type { SqlFunction } from '../../../shared/plan/nodes/sql.ts';
import type { Column } from '../../../shared/schema.ts';
import { type AstNode, find, isNode, meaning, nodesOf, rewrite, textsOf } from '../../../shared/sql/ast.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { Bound, OperatorOf } from '../bound/plan.ts';
import { columnNamed, parseExpression, printExpression } from '../expressions/tree.ts';
import { isAggregateCall } from '../rules/aggregate/calls.ts';
import { type Lifting, namesOf } from './lifting.ts';

/** A column to add: its expression and its type. */
export interface Typed extends Column {
  readonly tree: AstNode;
}

/** A call of an aggregate function in TypeScript, and the name of the column that it becomes. */
export interface OwnCall {
  readonly name: string;
  readonly call: AstNode;
  readonly called: SqlFunction;
}

/** Sets of keys. */
export type Sets = Pick<OperatorOf<'aggregate'>, 'sets' | 'groups'>;

/** Columns of the rows that an aggregate function takes, and the name of its states. */
interface Parts {
  readonly called: SqlFunction;
  readonly args: ReturnType<Lifting['argumentColumns']>;
  readonly include: Typed;
  readonly state: string;
}

/** `GROUPING(…)`. */
export const isGrouping = ({ type }: AstNode): boolean => type === 'GROUPING_FUNCTION';

/** The aggregation of these columns by these keys. */
export function aggregate(
  input: Bound,
  keys: readonly Typed[],
  calls: readonly Typed[],
  { sets, groups }: Sets,
  lifting: Lifting,
): Bound {
  const columns = (list: readonly Typed[]) => list.map(({ name, tree }) => lifting.column(name, tree));
  return {
    operator: {
      kind: 'aggregate',
      keys: columns(keys),
      aggregates: columns(calls),
      ...(sets === undefined ? {} : { sets }),
      ...(groups === undefined ? {} : { groups }),
    },
    schema: [...keys, ...calls].map(({ name, type }) => ({ name, type })),
    inputs: [input],
  };
}

/**
 * Groups whose aggregates are TypeScript: rows with their arguments, then states of them, then lists of states that
 * met, then values.
 */
export class TypeScriptGroups {
  readonly #input: Bound;
  readonly #keys: readonly Typed[];
  readonly #sets: Sets;
  readonly #lifting: Lifting;
  readonly #group: string;
  readonly #row: string;

  constructor(input: Bound, keys: readonly Typed[], sets: Sets, lifting: Lifting) {
    this.#sets = sets;
    this.#input = input;
    this.#keys = keys;
    this.#lifting = lifting;
    this.#group = lifting.fresh(input.schema, keys);
    this.#row = lifting.fresh(input.schema, keys);
  }

  group(own: readonly OwnCall[], others: readonly Typed[]): Bound {
    const passes = own.length + others.length > 1;
    const renamed = this.#renamedColumns(others);
    const parts = own.map((each) => this.#parts(each));
    const rows = this.#lifting.project(this.#input, [
      ...this.#keys,
      { name: this.#group, type: 'VARCHAR', tree: this.#parse(groupText(this.#keys, this.#lifting)) },
      { name: this.#row, type: 'BOOLEAN', tree: this.#parse('true') },
      ...renamed.columns,
      ...parts.flatMap(({ include, args }) => [
        include,
        ...args.map(({ column, type, tree }) => ({ name: column, type, tree })),
      ]),
    ]);
    const states = parts.reduce((input, part) => this.#accumulate(input, part, passes), rows);
    const keys = this.#keys.map((key) => ({ ...key, tree: columnNamed(key.name) }));
    const lists = parts.map(({ state }): Typed => {
      const column = quotedName(state);
      return {
        name: state,
        type: 'VARCHAR[]',
        tree: this.#parse(`list(${column}) FILTER (WHERE ${column} IS NOT NULL)`),
      };
    });
    const counted = others.map((other) => ({
      ...other,
      tree: isGrouping(other.tree) ? this.#groupingByName(other.tree) : this.#ofRows(renamed.rename(other.tree)),
    }));
    const met = aggregate(states, keys, [...counted, ...lists], this.#sets, this.#lifting);
    return own.reduce((input, { name, called }, i) => this.#finish(input, name, called, parts[i]?.state ?? ''), met);
  }

  #parse(sql: string): AstNode {
    return parseExpression(this.#lifting.context.dialect, sql);
  }

  /** Columns that other aggregates take, under names that no key has. */
  #renamedColumns(others: readonly Typed[]) {
    const { schema } = this.#input;
    const used = new Set(
      find(
        others.map(({ tree }) => tree),
        ({ class: kind }) => kind === 'COLUMN_REF',
      )
        .flatMap(({ column_names }) => textsOf(column_names).slice(0, 1))
        .map((name) => name.toLowerCase()),
    );
    const columns = schema
      .filter(({ name }) => used.has(name.toLowerCase()))
      .map(({ name, type }) => ({
        name: this.#lifting.fresh(schema),
        type,
        tree: columnNamed(name),
        of: name.toLowerCase(),
      }));
    const names = new Map(columns.map(({ of, name }) => [of, name]));
    const rename = (tree: AstNode): AstNode =>
      rewrite(tree, (node) => {
        const [first = '', ...fields] = textsOf(node.column_names);
        const name = node.class === 'COLUMN_REF' ? names.get(first.toLowerCase()) : undefined;
        return name === undefined ? undefined : { ...node, column_names: [name, ...fields] };
      });
    return { columns, rename };
  }

  #parts({ call, called }: OwnCall): Parts {
    const { schema } = this.#input;
    const args = this.#lifting.argumentColumns(call, called, schema);
    const filter = isNode(call.filter) ? call.filter : this.#parse('true');
    const include: Typed = { name: this.#lifting.fresh(schema), type: 'BOOLEAN', tree: filter };
    return { called, args, include, state: this.#lifting.fresh(schema) };
  }

  #accumulate(input: Bound, part: Parts, passes: boolean): Bound {
    const { called, args, include, state } = part;
    const keys = this.#keys.map(({ name }) => name);
    const done = new Set([include.name, ...args.map(({ column }) => column)]);
    const passed = passes ? input.schema.filter(({ name }) => !done.has(name)) : input.schema.slice(0, keys.length);
    const schema = [...passed, { name: state, type: 'VARCHAR' }];
    const groups = { keys, group: this.#group, row: this.#row, include: include.name, passes };
    return this.#lifting.call(
      input,
      { mode: 'accumulate', bundle: called.function, schema, args: namesOf(args), groups },
      called,
    );
  }

  /** `GROUPING(…)` of keys that are columns by now. */
  #groupingByName(tree: AstNode): AstNode {
    const names = new Map(this.#keys.map((key) => [meaning(key.tree), key.name]));
    const named = nodesOf(tree.children).map((child) => columnNamed(names.get(meaning(child)) ?? ''));
    return { ...tree, children: named };
  }

  /** An aggregate that does not see the rows of states. */
  #ofRows(tree: AstNode): AstNode {
    const row = columnNamed(this.#row);
    const filter = isNode(tree.filter)
      ? { class: 'CONJUNCTION', type: 'CONJUNCTION_AND', alias: '', children: [row, tree.filter] }
      : row;
    return rewrite(tree, (node) =>
      isAggregateCall(node, this.#lifting.context.dialect) ? { ...node, filter } : undefined,
    );
  }

  #finish(input: Bound, name: string, called: SqlFunction, state: string): Bound {
    const passed = input.schema.filter((column) => column.name !== state);
    const schema = [...passed, { name, type: this.#lifting.returns(called) }];
    const args = [{ column: state, name: 'states' }];
    return this.#lifting.call(input, { mode: 'finish', bundle: called.function, schema, args }, called);
  }
}

/** Nested types are unambiguous as JSON, others as text; lengths keep neighbours apart. */
function groupText(keys: readonly Typed[], { context }: Lifting): string {
  const parts = keys.map(({ tree, type }) => {
    const sql = printExpression(context.dialect, tree);
    const text =
      /[\])]$/.test(type) && !/^DECIMAL/.test(type) ? `CAST(to_json(${sql}) AS VARCHAR)` : `CAST(${sql} AS VARCHAR)`;
    return `coalesce(length(${text}) || ':' || ${text}, 'n')`;
  });
  return parts.length === 0 ? "''" : parts.join(' || ');
}
