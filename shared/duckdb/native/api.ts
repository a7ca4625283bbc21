import koffi from 'koffi';
import { type Address, library, native, type Out } from './library.ts';
import type { NumberAddress } from './memory.ts';

/** `duckdb_result`: 48 bytes that the caller owns. It is passed by value to some functions. */
export const resultBytes = 48;
export const resultStruct = koffi.struct({
  a: 'uint64_t',
  b: 'uint64_t',
  c: 'uint64_t',
  d: 'void *',
  e: 'void *',
  f: 'void *',
});

/** A `duckdb_result` as a value. */
export type ResultValue = Readonly<Record<'a' | 'b' | 'c' | 'd' | 'e' | 'f', bigint | number | null>>;

type Destroy = (handle: Out) => void;
type Pointer = Address | Uint8Array;

// A `char *` that the caller must free with DuckDB's own allocator.
const free = native<(address: Address) => void>('void duckdb_free(void *)');
koffi.disposable('DuckText', 'str', free);

/** The part of DuckDB's C API that the kernel calls; every function as in `duckdb.h`. States are 0 for success. */
export const duckdb = {
  createConfig: native<(out: Out) => number>('int duckdb_create_config(_Out_ void **)'),
  setConfig: native<(config: Address, name: string, value: string) => number>(
    'int duckdb_set_config(void *, const char *, const char *)',
  ),
  destroyConfig: native<Destroy>('void duckdb_destroy_config(void **)'),
  open: native<(path: string | null, out: Out, config: Address, error: [string | null]) => number>(
    'int duckdb_open_ext(const char *, _Out_ void **, void *, _Out_ DuckText *)',
  ),
  close: native<Destroy>('void duckdb_close(void **)'),
  connect: native<(database: Address, out: Out) => number>('int duckdb_connect(void *, _Out_ void **)'),
  disconnect: native<Destroy>('void duckdb_disconnect(void **)'),
  interrupt: native<(connection: Address) => void>('void duckdb_interrupt(void *)'),

  query: native<(connection: Address, sql: string, result: Pointer) => number>(
    'int duckdb_query(void *, const char *, void *)',
  ),
  resultError: native<(result: Pointer) => string | null>('const char *duckdb_result_error(void *)'),
  resultErrorType: native<(result: Pointer) => number>('int duckdb_result_error_type(void *)'),
  rowsChanged: native<(result: Pointer) => number>('uint64_t duckdb_rows_changed(void *)'),
  rowCount: native<(result: Pointer) => number>('uint64_t duckdb_row_count(void *)'),
  valueText: native<(result: Pointer, column: number, row: number) => string | null>(
    'DuckText duckdb_value_varchar(void *, uint64_t, uint64_t)',
  ),
  destroyResult: native<(result: Pointer) => void>('void duckdb_destroy_result(void *)'),

  prepare: native<(connection: Address, sql: string, out: Out) => number>(
    'int duckdb_prepare(void *, const char *, _Out_ void **)',
  ),
  prepareError: native<(statement: Address) => string | null>('const char *duckdb_prepare_error(void *)'),
  destroyPrepare: native<Destroy>('void duckdb_destroy_prepare(void **)'),
  preparedColumnCount: native<(statement: Address) => number>(
    'uint64_t duckdb_prepared_statement_column_count(void *)',
  ),
  preparedColumnName: native<(statement: Address, index: number) => string>(
    'DuckText duckdb_prepared_statement_column_name(void *, uint64_t)',
  ),
  preparedColumnType: native<(statement: Address, index: number) => Address>(
    'void *duckdb_prepared_statement_column_logical_type(void *, uint64_t)',
  ),

  typeId: native<(type: Address) => number>('int duckdb_get_type_id(void *)'),
  typeAlias: native<(type: Address) => string | null>('DuckText duckdb_logical_type_get_alias(void *)'),
  destroyType: native<Destroy>('void duckdb_destroy_logical_type(void **)'),
  decimalWidth: native<(type: Address) => number>('uint8_t duckdb_decimal_width(void *)'),
  decimalScale: native<(type: Address) => number>('uint8_t duckdb_decimal_scale(void *)'),
  enumSize: native<(type: Address) => number>('uint32_t duckdb_enum_dictionary_size(void *)'),
  enumValue: native<(type: Address, index: number) => string>(
    'DuckText duckdb_enum_dictionary_value(void *, uint64_t)',
  ),
  listChild: native<(type: Address) => Address>('void *duckdb_list_type_child_type(void *)'),
  arrayChild: native<(type: Address) => Address>('void *duckdb_array_type_child_type(void *)'),
  arraySize: native<(type: Address) => number>('uint64_t duckdb_array_type_array_size(void *)'),
  mapKey: native<(type: Address) => Address>('void *duckdb_map_type_key_type(void *)'),
  mapValue: native<(type: Address) => Address>('void *duckdb_map_type_value_type(void *)'),
  structSize: native<(type: Address) => number>('uint64_t duckdb_struct_type_child_count(void *)'),
  structName: native<(type: Address, index: number) => string>(
    'DuckText duckdb_struct_type_child_name(void *, uint64_t)',
  ),
  structChild: native<(type: Address, index: number) => Address>(
    'void *duckdb_struct_type_child_type(void *, uint64_t)',
  ),
  unionSize: native<(type: Address) => number>('uint64_t duckdb_union_type_member_count(void *)'),
  unionName: native<(type: Address, index: number) => string>(
    'DuckText duckdb_union_type_member_name(void *, uint64_t)',
  ),
  unionChild: native<(type: Address, index: number) => Address>(
    'void *duckdb_union_type_member_type(void *, uint64_t)',
  ),
  geometryCrs: native<(type: Address) => string | null>('DuckText duckdb_geometry_type_get_crs(void *)'),

  pendingStreaming: native<(statement: Address, out: Out) => number>(
    'int duckdb_pending_prepared_streaming(void *, _Out_ void **)',
  ),
  pendingError: native<(pending: Address) => string | null>('const char *duckdb_pending_error(void *)'),
  executePending: native<(pending: Address, result: Pointer) => number>('int duckdb_execute_pending(void *, void *)'),
  destroyPending: native<Destroy>('void duckdb_destroy_pending(void **)'),
  fetchChunk: library.func('duckdb_fetch_chunk', 'uint64_t', [resultStruct]) as unknown as (
    result: ResultValue,
  ) => NumberAddress,
  chunkSize: native<(chunk: NumberAddress) => number>('uint64_t duckdb_data_chunk_get_size(uint64_t)'),
  /** Takes the address of the address of the chunk. */
  destroyChunk: native<(slot: NumberAddress) => void>('void duckdb_destroy_data_chunk(uint64_t)'),

  arrowOptions: native<(connection: Address, out: Out) => void>(
    'void duckdb_connection_get_arrow_options(void *, _Out_ void **)',
  ),
  destroyArrowOptions: native<Destroy>('void duckdb_destroy_arrow_options(void **)'),
  arrowSchema: native<
    (options: Address, types: BigUint64Array, names: string[], count: number, out: NumberAddress) => Address | null
  >('void *duckdb_to_arrow_schema(void *, void *, const char **, uint64_t, uint64_t)'),
  chunkToArrow: native<(options: NumberAddress, chunk: NumberAddress, out: NumberAddress) => NumberAddress>(
    'uint64_t duckdb_data_chunk_to_arrow(uint64_t, uint64_t, uint64_t)',
  ),
  errorMessage: native<(error: Address) => string | null>('const char *duckdb_error_data_message(void *)'),
  errorType: native<(error: Address) => number>('int duckdb_error_data_error_type(void *)'),
  destroyError: native<Destroy>('void duckdb_destroy_error_data(void **)'),
} as const;

const releaseType = koffi.proto('void release(uint64_t)');
const releases = new Map<NumberAddress, (struct: NumberAddress) => void>();

/** The `release` of an Arrow struct as a function. DuckDB has one for all its arrays and one for all its schemas. */
export function releaseAt(address: NumberAddress): (struct: NumberAddress) => void {
  const known = releases.get(address);
  if (known !== undefined) return known;
  const release = koffi.decode(BigInt(address), releaseType) as (struct: NumberAddress) => void;
  releases.set(address, release);
  return release;
}
