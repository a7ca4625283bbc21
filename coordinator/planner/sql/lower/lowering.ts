import type { PlanNode, PlanOf } from '../../../../shared/plan/node.ts';
import type { NamedPlan, SqlFunction } from '../../../../shared/plan/nodes/sql.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { type AstNode, find, isNode, nodesOf, tableNamed } from '../../../../shared/sql/ast.ts';
import { boundStep } from '../../bind/pipeline.ts';
import { isReadAnew } from '../../bind/shared-rows.ts';
import type { Bound } from '../../bound/plan.ts';
import { isStable } from '../../bound/stable.ts';
import type { PlanContext } from '../../context.ts';
import { isVolatile } from '../../expressions/volatile.ts';
import type { Relations } from '../table-references.ts';
import { usedColumns } from '../with-relations.ts';
import type { CommonTable, CommonTables } from './common-tables.ts';
import { Names, NotDistributed } from './names/names.ts';
import type { Relation, Scope, ScopeColumn } from './names/scope.ts';
import { lowerQuery } from './query.ts';
import { internalColumns } from './relation.ts';
import { closeSelect, openSelect } from './select.ts';
import { selectAllFrom } from './select-all.ts';
import type { Columns, Lowering, OpenSelect } from './types.ts';

/** What all levels of one question share while they are taken apart. */
export class SqlLowering implements Lowering {
  readonly context: PlanContext;
  readonly names: Names;
  readonly #relations: Map<string, NamedPlan>;
  readonly functions: readonly SqlFunction[];
  readonly #tree: AstNode;
  readonly #bind: (plan: PlanNode) => Bound;

  constructor(
    tree: AstNode,
    { relations, functions }: Pick<Lowering, 'relations' | 'functions'>,
    context: PlanContext,
    bind: (plan: PlanNode) => Bound,
  ) {
    this.context = context;
    this.names = new Names(tree);
    this.#relations = new Map(relations);
    this.functions = functions;
    this.#tree = tree;
    this.#bind = bind;
  }

  get relations(): Relations {
    return this.#relations;
  }

  query(node: AstNode, tables: CommonTables, result?: Schema): Columns {
    return lowerQuery(node, tables, this, result);
  }

  open(select: AstNode, tables: CommonTables, outer?: Scope): OpenSelect {
    return openSelect(select, tables, this, outer);
  }

  close(open: OpenSelect): Columns {
    return closeSelect(open, this);
  }

  part(query: AstNode, tables: CommonTables): Columns {
    return this.#orWhole(
      () => lowerQuery(query, tables, this),
      () => this.whole(query, tables),
    );
  }

  common(table: CommonTable, tables: CommonTables): Columns {
    return this.#orWhole(
      () => lowerQuery(table.query, table.tables, this),
      () => this.whole(selectAllFrom(tableNamed(table.name), this.context), tables),
    );
  }

  #orWhole(lower: () => Columns, whole: () => Columns): Columns {
    try {
      return lower();
    } catch (thrown) {
      if (!(thrown instanceof NotDistributed)) throw thrown;
      return whole();
    }
  }

  alone(query: AstNode, tables: CommonTables, reason = notTakenApart): PlanOf<'sql'> {
    const used = mentioned(query, [...tables.values()]);
    if (used.some(({ isOpen }) => isOpen)) throw new NotDistributed('it is a part of a recursive table');
    const map = used.map(({ entry }) => entry);
    const own = (query.cte_map as AstNode | undefined)?.map;
    const node = { ...query, cte_map: { map: [...map, ...(Array.isArray(own) ? own : [])] } };
    const text = this.context.dialect.print({ error: false, statements: [{ node }] });
    // A pivot, a recursive table: alone in a SELECT it is what the question is, and would come back here without end.
    if (text === this.context.dialect.print(this.#tree)) throw new NotDistributed(reason);
    return { kind: 'sql', text, relations: [...this.relations.values()], functions: this.functions };
  }

  whole(query: AstNode, tables: CommonTables, reason = notTakenApart): Columns {
    const plan = this.alone(query, tables, reason);
    return internalColumns(plan, this.columnsOf(plan), this);
  }

  shared(plan: PlanNode): PlanNode {
    const bound = this.#boundOf(plan);
    return isReadAnew(bound) ? plan : boundStep(bound, this.context);
  }

  relate(plan: PlanNode): string {
    const name = this.names.madeUp('rows');
    this.#relations.set(name.toLowerCase(), { name, plan });
    return name;
  }

  trial(): Lowering {
    return new SqlLowering(this.#tree, this, this.context, this.#bind);
  }

  isStable(plan: PlanNode): boolean {
    return isStable(this.#bind(plan));
  }

  mentioned({ alias, columns }: Relation): readonly ScopeColumn[] {
    const schema = columns.map(({ name }) => ({ name, type: '' }));
    const used = new Set(usedColumns(this.#tree, { alias }, schema).map(({ name }) => name));
    return columns.filter(({ name }) => used.has(name));
  }

  columnsOf(plan: PlanNode): readonly string[] {
    return this.schemaOf(plan).map(({ name }) => name);
  }

  schemaOf(plan: PlanNode): Schema {
    return this.#boundOf(plan).schema;
  }

  #boundOf(plan: PlanNode): Bound {
    try {
      return this.#bind(plan);
    } catch (cause) {
      throw new NotDistributed('a part of it speaks of what is beside it', { cause });
    }
  }
}

const notTakenApart = 'what it reads from cannot be taken apart';

/** Common tables that a query speaks of, also by way of others, in their order. */
function mentioned(query: AstNode, tables: readonly CommonTable[]): CommonTable[] {
  const names = tableNames(query);
  for (let size = -1; size !== names.size; ) {
    size = names.size;
    for (const table of tables) {
      if (names.has(table.name)) for (const name of tableNames(table.query)) names.add(name);
    }
  }
  return tables.filter(({ name }) => names.has(name));
}

const tableNames = (tree: AstNode): Set<string> => new Set(mentions(tree));

const mentions = (tree: AstNode): string[] =>
  find(tree, ({ type }) => type === 'BASE_TABLE').map(({ table_name }) => String(table_name).toLowerCase());

/**
 * Common tables are run at each mention: one that may have other rows each time must not be.
 *
 * @throws NotDistributed
 */
export function refuseUnstable(tree: AstNode, { dialect }: PlanContext): void {
  const entries = find(tree, (node) => isNode(node.cte_map)).flatMap(({ cte_map }) =>
    nodesOf((cte_map as AstNode).map),
  );
  const named = mentions(tree);
  const isAgain = (name: string): boolean => named.filter((mention) => mention === name).length > 1;
  const isUnstable = (entry: AstNode): boolean =>
    isVolatile(dialect, entry) || find(entry, ({ type, sample }) => limits.has(type) || sample != null).length > 0;
  if (!entries.some(({ key }) => isAgain(String(key).toLowerCase())) || !entries.some(isUnstable)) return;
  throw new NotDistributed('it reads a WITH clause more than once that may have other rows each time');
}

const limits: ReadonlySet<unknown> = new Set(['LIMIT_MODIFIER', 'LIMIT_PERCENT_MODIFIER']);
