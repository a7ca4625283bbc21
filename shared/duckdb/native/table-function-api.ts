import koffi from 'koffi';
import { type Address, native, type Out } from './library.ts';
import type { NumberAddress } from './memory.ts';

type Handle = NumberAddress;

/** The part of the C API for table functions and for Arrow on its way in; every function as in `duckdb.h`. */
export const tableFunctions = {
  create: native<() => Address>('void *duckdb_create_table_function()'),
  destroy: native<(out: Out) => void>('void duckdb_destroy_table_function(void **)'),
  setName: native<(fn: Address, name: string) => void>('void duckdb_table_function_set_name(void *, const char *)'),
  addParameter: native<(fn: Address, type: Address) => void>(
    'void duckdb_table_function_add_parameter(void *, void *)',
  ),
  setBind: native<(fn: Address, callback: Address) => void>('void duckdb_table_function_set_bind(void *, void *)'),
  setInit: native<(fn: Address, callback: Address) => void>('void duckdb_table_function_set_init(void *, void *)'),
  setMain: native<(fn: Address, callback: Address) => void>('void duckdb_table_function_set_function(void *, void *)'),
  setProjectionPushdown: native<(fn: Address, on: boolean) => void>(
    'void duckdb_table_function_supports_projection_pushdown(void *, bool)',
  ),
  register: native<(connection: Address, fn: Address) => number>('int duckdb_register_table_function(void *, void *)'),
  createType: native<(id: number) => Address>('void *duckdb_create_logical_type(int)'),

  parameter: native<(info: Handle, index: number) => Address>('void *duckdb_bind_get_parameter(uint64_t, uint64_t)'),
  int64: native<(value: Address) => number>('int64_t duckdb_get_int64(void *)'),
  destroyValue: native<(out: Out) => void>('void duckdb_destroy_value(void **)'),
  addColumn: native<(info: Handle, name: string, type: Address) => void>(
    'void duckdb_bind_add_result_column(uint64_t, const char *, void *)',
  ),
  setCardinality: native<(info: Handle, rows: number, exact: boolean) => void>(
    'void duckdb_bind_set_cardinality(uint64_t, uint64_t, bool)',
  ),
  setBindData: native<(info: Handle, data: number, destroy: null) => void>(
    'void duckdb_bind_set_bind_data(uint64_t, uint64_t, void *)',
  ),
  bindError: native<(info: Handle, message: string) => void>('void duckdb_bind_set_error(uint64_t, const char *)'),

  bindData: native<(info: Handle) => number>('uint64_t duckdb_init_get_bind_data(uint64_t)'),
  columnCount: native<(info: Handle) => number>('uint64_t duckdb_init_get_column_count(uint64_t)'),
  columnIndex: native<(info: Handle, index: number) => number | bigint>(
    'uint64_t duckdb_init_get_column_index(uint64_t, uint64_t)',
  ),
  setInitData: native<(info: Handle, data: number, destroy: Address) => void>(
    'void duckdb_init_set_init_data(uint64_t, uint64_t, void *)',
  ),
  initError: native<(info: Handle, message: string) => void>('void duckdb_init_set_error(uint64_t, const char *)'),

  initData: native<(info: Handle) => number>('uint64_t duckdb_function_get_init_data(uint64_t)'),
  mainError: native<(info: Handle, message: string) => void>('void duckdb_function_set_error(uint64_t, const char *)'),

  schemaFromArrow: native<(connection: Address, schema: NumberAddress, out: Out) => Address | null>(
    'void *duckdb_schema_from_arrow(void *, uint64_t, _Out_ void **)',
  ),
  destroyConvertedSchema: native<(out: Out) => void>('void duckdb_destroy_arrow_converted_schema(void **)'),
  /** `out` is the address of where the chunk's address goes. */
  chunkFromArrow: native<
    (connection: Handle, array: NumberAddress, schema: Handle, out: NumberAddress) => NumberAddress
  >('uint64_t duckdb_data_chunk_from_arrow(uint64_t, uint64_t, uint64_t, uint64_t)'),
  vector: native<(chunk: Handle, index: number) => Handle>('uint64_t duckdb_data_chunk_get_vector(uint64_t, uint64_t)'),
  structChild: native<(vector: Handle, index: number) => Handle>(
    'uint64_t duckdb_struct_vector_get_child(uint64_t, uint64_t)',
  ),
  vectorType: native<(vector: Handle) => Address>('void *duckdb_vector_get_column_type(uint64_t)'),
  reference: native<(to: Handle, from: Handle) => void>('void duckdb_vector_reference_vector(uint64_t, uint64_t)'),
  setSize: native<(chunk: Handle, rows: number) => void>('void duckdb_data_chunk_set_size(uint64_t, uint64_t)'),
} as const;

const one = koffi.pointer(koffi.proto('void one(uint64_t)'));
const two = koffi.pointer(koffi.proto('void two(uint64_t, uint64_t)'));

/** Registers a callback of one handle for the life of this thread; koffi frees its slot when the thread ends. */
export const callback = (act: (handle: Handle) => void): Address => BigInt(koffi.register(act, one));

/** A callback of two handles. */
export const callback2 = (act: (first: Handle, second: Handle) => void): Address => BigInt(koffi.register(act, two));
