import type { Json } from '../shared/json.ts';

declare const columnsKey: unique symbol;

/**
 * Where rows go. `Columns` are those that it needs: loading rows without them does not compile. Made by the functions
 * of `sink`.
 */
export interface Sink<out Columns extends string = string> {
  readonly [columnsKey]?: Columns;
  readonly kind: 'sink';
  readonly connector: string;
  readonly options: Json;
  /** All rows go through one task. */
  readonly single: boolean;
}

/** A sink of any connector: what the functions of `sink` are made of. */
export const connectorSink = <Columns extends string = never>(
  connector: string,
  options: Json,
  more: { readonly single?: boolean } = {},
): Sink<Columns> => ({ kind: 'sink', connector, options, single: more.single ?? false });
