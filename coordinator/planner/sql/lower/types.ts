import type { PlanNode, PlanOf } from '../../../../shared/plan/node.ts';
import type { SqlFunction } from '../../../../shared/plan/nodes/sql.ts';
import type { Schema } from '../../../../shared/schema.ts';
import type { AstNode } from '../../../../shared/sql/ast.ts';
import type { PlanContext } from '../../context.ts';
import type { SelectParts } from '../select/parts.ts';
import type { Relations } from '../table-references.ts';
import type { CommonTable, CommonTables } from './common-tables.ts';
import type { Names } from './names/names.ts';
import type { Relation, Scope, ScopeColumn } from './names/scope.ts';

/** A plan and what its columns are called in the query. */
export interface Columns {
  readonly plan: PlanNode;
  readonly columns: readonly ScopeColumn[];
}

/** A SELECT whose FROM and WHERE are plan nodes, and whose other clauses speak of those nodes' columns. */
export interface OpenSelect {
  readonly plan: PlanNode;
  /** Items have the names that the query gives them. */
  readonly parts: SelectParts;
  /** Conditions that also take columns of the query around. */
  readonly correlated: readonly AstNode[];
  /** All columns that the plan has. */
  readonly schema: Schema;
}

/** What all levels of one question share while they are taken apart. All of its methods throw `NotDistributed`. */
export interface Lowering {
  readonly context: PlanContext;
  readonly names: Names;
  readonly relations: Relations;
  query(node: AstNode, tables: CommonTables, result?: Schema): Columns;
  open(select: AstNode, tables: CommonTables, outer?: Scope): OpenSelect;
  close(open: OpenSelect): Columns;
  /** A query in FROM: taken apart, or else run whole in a task of its own. */
  part(query: AstNode, tables: CommonTables): Columns;
  /** A common table: what costs much is made once for all mentions, the rest taken apart anew at each. */
  common(table: CommonTable, tables: CommonTables): Columns;
  /** A query as SQL text may call these too. */
  readonly functions: readonly SqlFunction[];
  /** Whether a plan yields the same rows each time. */
  isStable(plan: PlanNode): boolean;
  /** Columns of a relation that the question may use anywhere. */
  mentioned(relation: Relation): readonly ScopeColumn[];
  /** Names of a plan's columns. */
  columnsOf(plan: PlanNode): readonly string[];
  /** Columns of a plan with their types. */
  schemaOf(plan: PlanNode): Schema;
  /** A plan as one that may be read twice. */
  shared(plan: PlanNode): PlanNode;
  /** Makes a plan a table of the question. @returns the table's name */
  relate(plan: PlanNode): string;
  /** The same question with names of its own: to look into a part before it is taken apart. */
  trial(): Lowering;
  /** A query as SQL text of its own, with the common tables that it may use; not looked into. */
  alone(query: AstNode, tables: CommonTables): PlanOf<'sql'>;
  /**
   * A query as SQL text of its own, with the common tables that it may use.
   *
   * @param reason why it is not taken apart, where that is the whole question
   */
  whole(query: AstNode, tables: CommonTables, reason?: string): Columns;
}
