import type { Column, Schema } from '../../../shared/schema.ts';
import { type AstNode, find, isNode, meaning, nodesOf, textsOf } from '../../../shared/sql/ast.ts';
import type { Dialect } from '../dialect.ts';
import { printExpression } from '../expressions/tree.ts';
import { isVolatile } from '../expressions/volatile.ts';

/**
 * A condition on a column's statistics that is false only where no row can meet a condition on the column.
 * `min0`, `max0`, `all_null0`, `no_null0` are those of the first of `columns`.
 */
export interface MatchTest {
  readonly sql: string;
  readonly columns: readonly Column[];
}

/** The test for a condition over columns of a relation; nothing if statistics tell nothing about it. */
export function matchTest(predicates: readonly AstNode[], schema: Schema, dialect: Dialect): MatchTest | undefined {
  const writer = new TestWriter(schema, dialect);
  const tests = predicates.map((tree) => writer.test(tree)).filter((sql) => sql !== undefined);
  return tests.length === 0 ? undefined : { sql: tests.join(' AND '), columns: writer.columns };
}

const mirrored: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: 'COMPARE_EQUAL',
  COMPARE_LESSTHAN: 'COMPARE_GREATERTHAN',
  COMPARE_LESSTHANOREQUALTO: 'COMPARE_GREATERTHANOREQUALTO',
  COMPARE_GREATERTHAN: 'COMPARE_LESSTHAN',
  COMPARE_GREATERTHANOREQUALTO: 'COMPARE_LESSTHANOREQUALTO',
};

class TestWriter {
  readonly columns: Column[] = [];
  readonly #schema: Schema;
  readonly #dialect: Dialect;
  /** Of constants, by what is written. */
  readonly #types = new Map<string, string>();

  constructor(schema: Schema, dialect: Dialect) {
    this.#schema = schema;
    this.#dialect = dialect;
  }

  test(tree: AstNode): string | undefined {
    const children = nodesOf(tree.children);
    switch (tree.type) {
      case 'CONJUNCTION_AND':
        return joined(
          children.map((child) => this.test(child)).filter((sql) => sql !== undefined),
          ' AND ',
        );
      case 'CONJUNCTION_OR':
        return this.#or(children.map((child) => this.test(child)));
      case 'COMPARE_BETWEEN':
        return this.#between(tree);
      case 'COMPARE_IN':
        return this.#in(children);
      case 'OPERATOR_IS_NULL':
        return this.#about(children[0], (i) => `NOT no_null${i}`);
      case 'OPERATOR_IS_NOT_NULL':
        return this.#about(children[0], (i) => `NOT all_null${i}`);
      default:
        return this.#comparison(tree);
    }
  }

  /** One branch of which nothing is known may always be met. */
  #or(tests: readonly (string | undefined)[]): string | undefined {
    const known = tests.filter((sql) => sql !== undefined);
    return known.length < tests.length ? undefined : joined(known, ' OR ');
  }

  /** Values that are written out are asked for by their type, in one list: DuckDB is not asked about each of them. */
  #in([column, ...values]: readonly AstNode[]): string | undefined {
    const written = Map.groupBy(values, (value) => (value.class === 'CONSTANT' ? writtenType(value) : ''));
    const others = written.get('') ?? [];
    written.delete('');
    return this.#or([
      ...others.map((value) => this.#compare('COMPARE_EQUAL', column, value)),
      ...[...written.values()].map((alike) => this.#amongAlike(column, alike)),
    ]);
  }

  #amongAlike(column: AstNode | undefined, values: readonly AstNode[]): string | undefined {
    const own = this.#columnOf(column);
    const [first] = values;
    if (own === undefined || first === undefined || values.length < 2) {
      return this.#compare('COMPARE_EQUAL', column, first);
    }
    if (!this.#isValueFor(own, first)) return undefined;
    const printed = printExpression(this.#dialect, listOf(values));
    const list = isText(first) ? `${printed}::${own.type}[]` : printed; // a text constant takes the column's type
    const isIn = (i: number): string => `list_filter(${list}, lambda v: ${bounds('COMPARE_EQUAL', i, 'v')})`;
    return this.#about(column, (i) => `len(${isIn(i)}) > 0 AND NOT all_null${i}`);
  }

  #between({ input, lower, upper }: AstNode): string | undefined {
    const from = this.#compare('COMPARE_GREATERTHANOREQUALTO', input as AstNode, lower as AstNode);
    const to = this.#compare('COMPARE_LESSTHANOREQUALTO', input as AstNode, upper as AstNode);
    return joined(
      [from, to].filter((sql) => sql !== undefined),
      ' AND ',
    );
  }

  #comparison({ type, left, right }: AstNode): string | undefined {
    const other = mirrored[String(type)];
    if (other === undefined) return undefined;
    return (
      this.#compare(String(type), left as AstNode, right as AstNode) ??
      this.#compare(other, right as AstNode, left as AstNode)
    );
  }

  #compare(type: string, column: AstNode | undefined, value: AstNode | undefined): string | undefined {
    const own = this.#columnOf(column);
    if (own === undefined || value === undefined || !this.#isValueFor(own, value)) return undefined;
    const text = `(${printExpression(this.#dialect, value)})`;
    return this.#about(column, (i) => `(${bounds(type, i, text)}) AND NOT all_null${i}`);
  }

  #about(column: AstNode | undefined, write: (i: number) => string): string | undefined {
    const own = this.#columnOf(column);
    if (own === undefined) return undefined;
    if (!this.columns.includes(own)) this.columns.push(own);
    return `(${write(this.columns.indexOf(own))})`;
  }

  #columnOf(node: AstNode | undefined): Column | undefined {
    const [name, ...more] = textsOf(node?.column_names);
    if (node?.class !== 'COLUMN_REF' || name === undefined || more.length > 0) return undefined;
    return this.#schema.find((column) => column.name.toLowerCase() === name.toLowerCase());
  }

  /** One value for all rows, compared with the column in the column's own order. */
  #isValueFor({ type }: Column, value: AstNode): boolean {
    const other = ({ class: kind }: AstNode): boolean =>
      kind === 'COLUMN_REF' || kind === 'SUBQUERY' || kind === 'STAR';
    if (find(value, other).length > 0 || isVolatile(this.#dialect, value)) return false;
    const valueType = this.#typeOf(value);
    // A text constant takes the column's type.
    return familyOf(valueType) === familyOf(type) || (value.class === 'CONSTANT' && valueType === 'VARCHAR');
  }

  /** DuckDB is asked once about constants of one type: conditions that a program wrote have thousands. */
  #typeOf(value: AstNode): string {
    const key = value.class === 'CONSTANT' ? writtenType(value) : '';
    const known = key === '' ? undefined : this.#types.get(key);
    if (known !== undefined) return known;
    const [{ type } = { type: '' }] = this.#dialect.describe(`SELECT ${printExpression(this.#dialect, value)} AS v`);
    if (key !== '') this.#types.set(key, type);
    return type;
  }
}

/** Of a constant, for telling equal types. */
const writtenType = ({ value }: AstNode): string => (isNode(value) && isNode(value.type) ? meaning(value.type) : '');
const isText = ({ value }: AstNode): boolean => isNode(value) && isNode(value.type) && value.type.id === 'VARCHAR';

const listOf = (children: readonly AstNode[]): AstNode => ({
  class: 'FUNCTION',
  type: 'FUNCTION',
  alias: '',
  function_name: 'list_value',
  schema: '',
  catalog: '',
  children,
  filter: null,
  order_bys: { type: 'ORDER_MODIFIER', orders: [] },
  distinct: false,
  is_operator: false,
  export_state: false,
});

/** Unknown bounds are null, and what is not known to be false may be true. */
function bounds(type: string, i: number, value: string): string {
  const above = (sign: string) => `(max${i} ${sign} ${value}) IS NOT FALSE`;
  const below = (sign: string) => `(min${i} ${sign} ${value}) IS NOT FALSE`;
  switch (type) {
    case 'COMPARE_LESSTHAN':
      return below('<');
    case 'COMPARE_LESSTHANOREQUALTO':
      return below('<=');
    case 'COMPARE_GREATERTHAN':
      return above('>');
    case 'COMPARE_GREATERTHANOREQUALTO':
      return above('>=');
    default:
      return `${below('<=')} AND ${above('>=')}`;
  }
}

const joined = (tests: readonly string[], by: string): string | undefined =>
  tests.length === 0 ? undefined : `(${tests.join(by)})`;

/** Types that compare with each other in the order that each has by itself. */
function familyOf(type: string): string {
  if (/^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(.*\)|FLOAT|DOUBLE)$/.test(type)) return 'number';
  return /^(DATE|TIMESTAMP(_S|_MS)?)$/.test(type) ? 'time' : type;
}
