import type { PlanNode, PlanOf } from '../../../../shared/plan/node.ts';
import type { NamedPlan, SqlFunction } from '../../../../shared/plan/nodes/sql.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { type AstNode, tableNamed } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import { boundStep } from '../../bind/pipeline.ts';
import { isDear, isReadAnew } from '../../bind/shared-rows.ts';
import type { Bound } from '../../bound/plan.ts';
import { isStable } from '../../bound/stable.ts';
import type { PlanContext } from '../../context.ts';
import type { Relations } from '../table-references.ts';
import { usedColumns } from '../with-relations.ts';
import { refuseCollated } from './collated.ts';
import type { CommonTable, CommonTables } from './common-tables.ts';
import { mentioned, readAgain } from './mentions.ts';
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
  #readAgain: ReadonlySet<string> | undefined;
  /** Common tables whose rows are made once for all that read them, by their entries in WITH clauses. */
  readonly #made = new Map<AstNode, Columns>();

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
    this.#readAgain ??= readAgain(this.#tree);
    if (table.isOpen || !this.#readAgain.has(table.name)) return this.#common(table, tables);
    const made = this.#made.get(table.entry);
    if (made !== undefined) return this.#anew(made);
    const { plan, columns } = this.#common(table, tables);
    const bound = this.#boundOf(plan);
    if (!isDear(bound)) return { plan, columns };
    const once = { plan: boundStep(bound, this.context, `with ${table.name}`), columns };
    this.#made.set(table.entry, once);
    return once;
  }

  /** Under names of its own. */
  #anew({ plan, columns }: Columns): Columns {
    const own = columns.map(({ name, internal }) => ({ name, internal, fresh: this.names.fresh(name) }));
    const list = own.map(({ internal, fresh }) => ({ name: fresh, sql: quotedName(internal) }));
    return {
      plan: { kind: 'project', input: plan, columns: list },
      columns: own.map(({ name, fresh }) => ({ name, internal: fresh })),
    };
  }

  #common(table: CommonTable, tables: CommonTables): Columns {
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
    refuseCollated(query, tables);
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
