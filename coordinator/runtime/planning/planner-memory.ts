import type { ErrorData } from '../../../shared/errors.ts';

/** DuckDB's advice is for workers: what ran out here is the coordinator's memory for planning. Pure. */
export const ofPlanner = (error: ErrorData): ErrorData =>
  error.code !== 'OUT_OF_MEMORY'
    ? error
    : {
        ...error,
        message: `Planning took more memory than the coordinator has for it (planningMemoryBytes): ${error.message}`,
        next: 'Shorten the SQL: thousands of values of an IN belong into a file or rows to join with. Or give the coordinator more: SHEAF_PLANNING_MEMORY_BYTES.',
      };
