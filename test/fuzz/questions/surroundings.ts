import { type Entries, expand } from '../../../coordinator/catalog/expand.ts';
import type { CatalogEntry, CatalogKind } from '../../../shared/plan/catalog.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import type { NamedExpression } from '../../../shared/plan/nodes/expression.ts';
import type { NamedPlan } from '../../../shared/plan/nodes/sql.ts';
import { literal, quotedName } from '../../../shared/sql/text.ts';
import { tokenize } from '../../../shared/sql/tokens.ts';
import { quoteLiteral } from '../../../shared/sql/value.ts';
import type { Random } from '../../simulation/random.ts';
import type { Column } from './column.ts';
import type { Coverage } from './coverage.ts';
import { Functions } from './functions.ts';
import { Plans } from './plans.ts';
import { Queries } from './sql-queries.ts';
import type { NamedTable, PlanTable } from './world.ts';

/** A SQL text as both are asked about it. */
export interface Asked {
  readonly sql: string;
  readonly plan: PlanNode;
  readonly referenceSql: string;
  /** Statements that DuckDB must have run before. */
  readonly setup: readonly string[];
}

/** What is asked of DuckDB while a question is made. */
export interface Reference {
  sqlOf(plan: PlanNode): string;
  /** Runs a statement; false if it is refused. */
  takes(statement: string): boolean;
}

/** What there is to ask about. */
export interface Tables {
  readonly files: readonly PlanTable[];
  /** Of the client: no view may read them. */
  readonly uploads: readonly PlanTable[];
}

type Value = number | bigint | string | boolean | null;

const numbers: readonly Value[] = [0, 1, 2, 3, 10n, 100, -1, 0.5, 2.25, 1e-3, null];
const texts: readonly Value[] = ['', 'a', 'east', "it's", 'Ünï', '$p1', '?', '--', null];

/**
 * Names that datasets and views have: some that the engine itself uses, too, some that columns or WITH clauses have.
 */
const names = ['dataset1', 'late', 'View Two', 'k', 'file0', 'in0', 'previous', 'part', 'cte3', 'Ünï', 'r1', 'select'];

/**
 * What a question may name besides files: datasets of a template, tables and views of a catalog, parameters, functions
 * in TypeScript. Most questions have none of these.
 */
export class Surroundings {
  readonly #random: Random;
  readonly #coverage: Coverage;
  readonly #files: readonly PlanTable[];
  readonly #uploads: readonly PlanTable[];
  readonly #reference: Reference;
  readonly #functions = new Functions();
  readonly #made: NamedTable[] = [];
  readonly #views: string[] = [];
  readonly #relations: NamedPlan[] = [];
  readonly #entries = new Map<string, CatalogEntry>();
  readonly #values: Value[] = [];
  readonly #style: string;
  readonly #calls: boolean;

  constructor(random: Random, { files, uploads }: Tables, coverage: Coverage, reference: Reference) {
    this.#random = random;
    this.#files = files;
    this.#uploads = uploads;
    this.#coverage = coverage;
    this.#reference = reference;
    this.#style = random.chance(0.3) ? random.pick(['$name', '$1', '?']) : 'none';
    this.#calls = random.chance(0.3);
    if (random.chance(0.4)) for (let i = random.between(1, 2); i > 0; i--) this.#make();
  }

  /** What may stand after FROM. */
  get tables(): readonly NamedTable[] {
    return this.#made.length === 0 ? this.#files : [...this.#files.slice(0, 1), ...this.#made, ...this.#made];
  }

  /** A number or a text as a parameter at times. */
  literal(kind: 'number' | 'text', otherwise: string): string {
    if (this.#style === 'none' || this.#random.chance(0.5)) return otherwise;
    this.#coverage.count('parameters', this.#style);
    return `$p${this.#values.push(this.#random.pick(kind === 'number' ? numbers : texts))}`;
  }

  /** A call of a TypeScript function in place of an expression, at times. */
  number(sql: () => string): string {
    return this.#call(['ts_half', 'ts_halves'], sql) ?? sql();
  }

  text(sql: () => string): string {
    return this.#call(['ts_shout'], sql) ?? sql();
  }

  boolean(sql: () => string): string {
    return this.#call(['ts_either'], sql, sql) ?? sql();
  }

  /** A column that went through JavaScript, at times. */
  column({ sql, type }: Pick<Column, 'sql' | 'type'>): string {
    if (!this.#calls || type === undefined || this.#random.chance(0.5)) return sql;
    this.#coverage.count('TypeScript', `the same ${type}`);
    return `${this.#functions.same(type)}(${sql})`;
  }

  /** A call of an aggregate function, at times. */
  aggregate(number: () => string, text: () => string, boolean: () => string): string | undefined {
    const kinds = { ts_mean: number, ts_count: text, ts_any: boolean } as const;
    const name = this.#random.pick(['ts_mean', 'ts_count', 'ts_any'] as const);
    return this.#call([name], kinds[name]);
  }

  /** Whether a SELECT shall run in one task: what it calls must be taken out of it then. */
  gathers(): boolean {
    if (!this.#calls || this.#random.chance(0.8)) return false;
    this.#coverage.count('TypeScript', 'in what is gathered');
    return true;
  }

  /** The question as both are asked it; a part of it, when it is made smaller, too. */
  ask(sql: string): Asked {
    const { text, parameters } = this.#withParameters(sql);
    const functions = this.#functions.of(sql);
    const plan: PlanNode = {
      kind: 'sql',
      text,
      ...(this.#relations.length === 0 ? {} : { relations: this.#relations }),
      ...(parameters.length === 0 ? {} : { parameters }),
      ...(functions.length === 0 ? {} : { functions }),
    };
    return {
      sql,
      plan: expand(plan, this.#entries as Entries).plan,
      referenceSql: this.#asDuckdb(sql),
      setup: [...this.#functions.macros(sql), ...this.#views],
    };
  }

  #call(called: readonly string[], ...args: readonly (() => string)[]): string | undefined {
    if (!this.#calls || this.#random.chance(0.4)) return undefined;
    const name = this.#coverage.count('TypeScript', this.#random.pick(called));
    return `${name}(${args.map((arg) => arg()).join(', ')})`;
  }

  #make(): void {
    const name = this.#random.pick(names.filter((each) => !this.#made.some((made) => made.name === each)));
    const kind = this.#random.pick(['dataset', 'dataset', 'view', 'view', 'table', 'upload'] as const);
    const upload = kind === 'upload' ? this.#uploads[0] : undefined;
    const { plan, sql, columns } =
      kind === 'table' || upload !== undefined ? this.#table(upload) : this.#query(kind === 'view');
    const view = `CREATE OR REPLACE TEMP VIEW ${quotedName(name)} AS ${sql}`;
    // What nobody reads Sheaf does not look at.
    if (!this.#reference.takes(view)) return;
    this.#views.push(view);
    if (kind === 'dataset' || kind === 'upload') this.#relations.push({ name, plan });
    else this.#entries.set(name.toLowerCase(), entryOf(name, kind, plan));
    this.#made.push({ name, from: quotedName(name), source: kind, columns });
  }

  #table(upload: PlanTable | undefined): {
    readonly plan: PlanNode;
    readonly sql: string;
    readonly columns: readonly Column[];
  } {
    const { node, columns } = upload ?? this.#random.pick(this.#files);
    return { plan: node, sql: this.#reference.sqlOf(node), columns };
  }

  /** By the dataset API, or as SQL; a view may read what was made before it. */
  #query(isView: boolean): { readonly plan: PlanNode; readonly sql: string; readonly columns: readonly Column[] } {
    if (this.#random.chance(0.5)) {
      const tables = isView ? this.#files : [...this.#files, ...this.#uploads];
      const { node, columns } = new Plans(this.#random, tables, this.#coverage).question();
      return { plan: node, sql: this.#reference.sqlOf(node), columns };
    }
    const views = isView ? this.#made.filter(({ source }) => source === 'view' || source === 'table') : [];
    const { sql, columns } = new Queries(this.#random, [...this.#files, ...views], this.#coverage).query(
      this.#random.between(0, 1),
    );
    return { plan: { kind: 'sql', text: sql }, sql, columns };
  }

  #withParameters(sql: string): { readonly text: string; readonly parameters: readonly NamedExpression[] } {
    const used: number[] = [];
    const text = mapParameters(sql, (at) => {
      const isNew = this.#style === '?' || !used.includes(at);
      const place = isNew ? used.push(at) : used.indexOf(at) + 1;
      return this.#style === '?' ? '?' : this.#style === '$1' ? `$${place}` : `$p${at}`;
    });
    const parameters = used.map((at, i) => ({
      name: this.#style === '$name' ? `P${at}` : String(i + 1),
      sql: quoteLiteral(this.#values[at - 1] ?? null),
    }));
    return { text, parameters };
  }

  #asDuckdb(sql: string): string {
    const filled = mapParameters(withoutLiteralOrders(sql), (at) => constantOf(this.#values[at - 1] ?? null));
    return this.#functions.asDuckdb(filled);
  }
}

const mapParameters = (sql: string, replace: (at: number) => string): string =>
  sql.includes('$p')
    ? tokenize(sql)
        .map(({ kind, sql }) => (kind === 'parameter' ? replace(Number(sql.slice(2))) : sql))
        .join('')
    : sql;

/** What an aggregate's rows are ordered by may be a parameter in DuckDB, and no literal. */
const withoutLiteralOrders = (sql: string): string =>
  sql
    .replace(/(WITHIN GROUP \(ORDER BY |'[,|]' ORDER BY |\(\$p\d+ ORDER BY )(\$p\d+)/g, '$1coalesce($2)')
    .replace(/\(DISTINCT (\$p\d+) ORDER BY \1\b/g, '(DISTINCT coalesce($1) ORDER BY coalesce($1)');

/** What a parameter means, by the words of the documentation. */
function constantOf(value: Value): string {
  if (typeof value === 'string') return literal(value);
  return typeof value === 'number' && !Number.isInteger(value) ? `CAST('${value}' AS DOUBLE)` : `(${value})`;
}

const entryOf = (name: string, kind: CatalogKind, plan: PlanNode): CatalogEntry => ({
  name,
  kind,
  plan,
  schema: [],
  createdMs: 0,
  key: '',
});
