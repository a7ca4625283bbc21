import type { Dataset } from '../client/dataset/dataset.ts';
import type { SqlFunction } from '../client/functions/sql-function.ts';
import type {
  NamedRule,
  RowRule as RowRuleDocument,
  UniqueRule as UniqueRuleDocument,
} from '../shared/plan/nodes/judge.ts';
import type { DatasetRule as DatasetRuleDocument } from './records/document.ts';
import type { Source } from './source.ts';

declare const columnsKey: unique symbol;

/** A rule about columns `Columns`: rows without them do not compile. Made by the functions of `expect`. */
export interface Rule<out Columns extends string = string> {
  readonly [columnsKey]?: Columns;
  readonly kind: 'rule';
  readonly rule: RuleDraft;
}

/** A rule as its author wrote it: its functions are not bundled, its sources not named yet. */
export type RuleDraft = NamedRule &
  (RowRuleDocument | FunctionDraft | UniqueRuleDocument | ForeignKeyDraft | DatasetRuleDocument);

/** A check in TypeScript that is not bundled yet. */
export interface FunctionDraft {
  readonly kind: 'function';
  readonly function: SqlFunction;
}

/** A foreign key whose referenced rows are not resolved to a plan yet. */
export interface ForeignKeyDraft {
  readonly kind: 'foreignKey';
  readonly columns: readonly string[];
  readonly target: Dataset | Source;
  readonly references: readonly string[];
}

/** A rule as `validate` takes it. */
export const ruleOf = <Columns extends string>(rule: RuleDraft): Rule<Columns> => ({ kind: 'rule', rule });
