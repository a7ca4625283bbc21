import type { Json } from '../../json.ts';
import type { Column, Schema } from '../../schema.ts';
import type { PlanNode } from '../node.ts';

/** Reads from a connector: an API, a database, logs. */
export interface ExtractNode {
  readonly kind: 'extract';
  /** A name of `connectors/registry.ts`. */
  readonly connector: string;
  /** The connector's own; a secret stands in them as `{ $secret: name }`. */
  readonly options: Json;
  /** Columns and types to read as, instead of what the source says. */
  readonly schema?: Schema;
  /** Also yield the columns of provenance, and rows that could not be read, with their reason in `_rejected`. */
  readonly provenance: boolean;
  /** Where the last committed load left off. */
  readonly cursor?: Json;
  /**
   * Rows of these columns (`unreadSchema`) are read again by the connector, from their text alone, in place of the
   * source.
   */
  readonly reread?: PlanNode;
}

/** Where a row came from. They follow the data's columns if a source is asked for them. */
export const provenance = {
  /** File, object or address. */
  source: { name: '_source', type: 'VARCHAR' },
  /** Where in its source: the byte at which a line of a log begins; of others the row, counted from 1. */
  position: { name: '_position', type: 'BIGINT' },
  /** Why the row could not be read; null for all others. */
  rejected: { name: '_rejected', type: 'VARCHAR' },
  /** What it was, as text, of a row that could not be read: so that it can be read again after a fix. */
  raw: { name: '_raw', type: 'VARCHAR' },
} as const satisfies Readonly<Record<string, Column>>;

/** All columns of provenance, as they stand behind a source's own. */
export const provenanceColumns: Schema = Object.values(provenance);

/** What could not be read, as a connector reads it again: none of them is null. */
export const unreadSchema = [
  { name: 'source', type: 'VARCHAR' },
  { name: 'position', type: 'BIGINT' },
  { name: 'text', type: 'VARCHAR' },
] as const satisfies Schema;
