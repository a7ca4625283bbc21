import type { Schema } from '../../shared/schema.ts';
import type { FileRef } from '../../shared/stage/split.ts';
import type { SourceSplit } from '../planner/source.ts';

/** What is known of one file after looking into it. */
export interface FileFacts {
  readonly file: FileRef;
  readonly schema: Schema;
  /** A text file without rows: types say nothing where it has only a header, nor do names where it is empty. */
  readonly noRows?: 'header' | 'empty';
  /** Where the footer of an object lies on this machine's disk. */
  readonly footer?: string;
  /** Given the scan's columns, since a split says which of them its file lacks. */
  readonly splits: (scan: Schema) => readonly SourceSplit[];
}
