import type { ExtractNode } from '../../../shared/plan/nodes/extract.ts';
import type { JoinType } from '../../../shared/plan/nodes/join.ts';
import type { LoadNode } from '../../../shared/plan/nodes/load.ts';
import type { ScanNode } from '../../../shared/plan/nodes/scan.ts';
import type { WriteNode } from '../../../shared/plan/nodes/write.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { FunctionStep } from '../../../shared/stage/function-step.ts';
import type { Expression } from '../expressions/tree.ts';
import type { SourceSplit } from '../source.ts';

/**
 * The bound plan: each operator with the columns that it yields, every name and type checked by DuckDB, every
 * expression as a tree and as DuckDB prints it, the present time fixed. Rules work on this form.
 */
export interface Bound<O extends Operator = Operator> {
  readonly operator: O;
  readonly schema: Schema;
  readonly inputs: readonly Bound[];
}

/** An expression whose names and types DuckDB has checked. */
export interface BoundExpression {
  readonly sql: string;
  readonly tree: Expression;
  /** What it may take from its input, in lower case. */
  readonly names: ReadonlySet<string>;
  readonly volatile: boolean;
}

/** A column to compute. */
export interface BoundColumn extends BoundExpression {
  readonly name: string;
}

/** One item of ORDER BY, printed. */
export type SortKey = BoundExpression;

/** What a node of the bound plan does to its inputs. */
export type Operator =
  /** Of its splits those that can match, if some cannot. */
  | { readonly kind: 'scan'; readonly scan: ScanNode; readonly splits?: readonly SourceSplit[] }
  /** No row: what is asked can match none. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'dataset'; readonly id: string }
  /** `share`: of the input's rows, what it is estimated to keep. */
  | { readonly kind: 'filter'; readonly predicate: BoundExpression; readonly share?: number }
  | { readonly kind: 'project'; readonly columns: readonly BoundColumn[] }
  | { readonly kind: 'call'; readonly step: FunctionStep; readonly deterministic: boolean }
  | {
      readonly kind: 'aggregate';
      readonly keys: readonly BoundColumn[];
      readonly aggregates: readonly BoundColumn[];
      /** Sets of keys by position; absent: all keys. */
      readonly sets?: readonly (readonly number[])[];
      /** How many groups there are, as estimated, where they are few. */
      readonly groups?: number;
      /**
       * So many groups there are at the least, none of which has a large share of the rows; absent where that is not
       * known.
       */
      readonly groupsMin?: number;
    }
  | { readonly kind: 'distinct' }
  | { readonly kind: 'sort'; readonly keys: readonly SortKey[] }
  | { readonly kind: 'limit'; readonly limit: number | null; readonly offset: number }
  /** The condition speaks of `l` and `r`; `columns` are taken from them. */
  | {
      readonly kind: 'join';
      readonly type: JoinType;
      readonly condition: BoundExpression;
      readonly columns: readonly JoinColumn[];
      readonly implied?: true;
    }
  /** The input's columns and these. */
  | { readonly kind: 'window'; readonly columns: readonly BoundColumn[] }
  | { readonly kind: 'union' }
  | { readonly kind: 'repartition'; readonly partitions: number; readonly keys: readonly BoundExpression[] }
  /** A whole SELECT over its inputs that is not taken apart: it runs in one task, unless rows need not meet for it. */
  | {
      readonly kind: 'gather';
      /** No two rows meet in it: it runs in each task of its only input. */
      readonly rowByRow: boolean;
      /** Its text, given the names of the relations that stand for the inputs. */
      readonly sql: (names: readonly string[]) => string;
      readonly reason: string;
      readonly volatile: boolean;
      /** It reads nothing: its values were found out before. */
      readonly known?: true;
    }
  | { readonly kind: 'write'; readonly write: WriteNode }
  | { readonly kind: 'extract'; readonly extract: ExtractNode; readonly deterministic: boolean }
  /** Rows that several read: see `steps.ts`. No input: what it stands for is planned once, apart from its readers. */
  | { readonly kind: 'step'; readonly name: string; readonly input: Bound }
  | { readonly kind: 'load'; readonly load: LoadNode };

/** An operator of one kind. */
export type OperatorOf<K extends Operator['kind']> = Extract<Operator, { kind: K }>;
/** A bound plan whose top operator is of one kind. */
export type BoundOf<K extends Operator['kind']> = Bound<OperatorOf<K>>;

/** A column of a join's result. */
export interface JoinColumn {
  readonly name: string;
  /** `both`: of the left side, or of the right where the left has none (a column of FULL JOIN … USING). */
  readonly side: 'l' | 'r' | 'both';
}

/** One function per kind of operator: one that is missed does not compile. */
export type OperatorVisitor<Result, Context> = {
  readonly [K in Operator['kind']]: (bound: BoundOf<K>, context: Context) => Result;
};

/** Calls the visitor's function for the operator's kind. */
export function visitOperator<Result, Context>(
  bound: Bound,
  visitor: OperatorVisitor<Result, Context>,
  context: Context,
): Result {
  return (visitor[bound.operator.kind] as (bound: Bound, context: Context) => Result)(bound, context);
}

/** The operator's only (or first) input. */
export function inputOf(bound: Bound): Bound {
  const [input] = bound.inputs;
  if (input === undefined) throw new RangeError(`a ${bound.operator.kind} has no input`);
  return input;
}
