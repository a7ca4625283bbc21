import type { LocalSource } from '../client/upload/source.ts';
import type { Json } from '../shared/json.ts';
import type { ScanNode } from '../shared/plan/nodes/scan.ts';
import type { Schema, SchemaSpec } from '../shared/schema.ts';

declare const schemaKey: unique symbol;

/** Where rows come from, of schema `S` as far as the compiler knows it. Made by the functions of `source`. */
export interface Source<out S extends SchemaSpec = SchemaSpec> {
  readonly [schemaKey]?: S;
  readonly kind: 'source';
  readonly from: SourceFrom;
  /** Read only what is new since the last committed run. */
  readonly incremental: boolean;
  /** The next cursor is the greatest value of this column. */
  readonly cursorColumn?: string;
}

/** Where a source's rows come from. */
export type SourceFrom =
  | { readonly kind: 'connector'; readonly connector: string; readonly options: Json; readonly schema?: Schema }
  /** Files in a format that DuckDB reads. */
  | { readonly kind: 'files'; readonly scan: ScanNode }
  /** Rows that only this program holds: they are sent to the cluster for a run, and go with it. */
  | { readonly kind: 'rows'; readonly rows: LocalSource };

/** A source of any connector: what the functions of `source` are made of, and the way to a custom connector. */
export function connectorSource<S extends SchemaSpec>(
  connector: string,
  options: Json,
  more: { readonly schema?: Schema; readonly incremental?: boolean; readonly cursorColumn?: string } = {},
): Source<S> {
  const { schema, incremental = false, cursorColumn } = more;
  return {
    kind: 'source',
    from: { kind: 'connector', connector, options, ...(schema === undefined ? {} : { schema }) },
    incremental,
    ...(cursorColumn === undefined ? {} : { cursorColumn }),
  };
}
