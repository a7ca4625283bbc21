import { type Address, native, type Out } from './library.ts';
import type { NumberAddress } from './memory.ts';

type Handle = NumberAddress;

/** The part of the C API for gathering rows of chunks into others; every function as in `duckdb.h`. */
export const gathering = {
  /** `types` is the address of an array of addresses. */
  createChunk: native<(types: NumberAddress, count: number) => Handle>(
    'uint64_t duckdb_create_data_chunk(uint64_t, uint64_t)',
  ),
  createVector: native<(type: Address, capacity: number) => Handle>('uint64_t duckdb_create_vector(void *, uint64_t)'),
  destroyVector: native<(out: Out) => void>('void duckdb_destroy_vector(void **)'),
  vectorData: native<(vector: Handle) => NumberAddress>('uint64_t duckdb_vector_get_data(uint64_t)'),
  createSelection: native<(size: number) => Handle>('uint64_t duckdb_create_selection_vector(uint64_t)'),
  selectionData: native<(selection: Handle) => NumberAddress>(
    'uint64_t duckdb_selection_vector_get_data_ptr(uint64_t)',
  ),
  destroySelection: native<(selection: Handle) => void>('void duckdb_destroy_selection_vector(uint64_t)'),
  /** Copies the rows that the selection names at `[from, to)`. */
  copy: native<(source: Handle, target: Handle, selection: Handle, to: number, from: number, at: number) => void>(
    'void duckdb_vector_copy_sel(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t)',
  ),
} as const;
