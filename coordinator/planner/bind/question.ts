import type { Schema } from '../../../shared/schema.ts';
import type { AstNode } from '../../../shared/sql/ast.ts';
import type { FileReference } from '../sql/file-references.ts';

/** SQL text that was looked into: its tree, and the files that it names. */
export interface Question {
  readonly text: string;
  readonly tree: AstNode;
  readonly references: readonly FileReference[];
  readonly schemas: readonly Schema[];
  /** Of the relations that stand for the files. */
  readonly nameOf: (at: number) => string;
}
