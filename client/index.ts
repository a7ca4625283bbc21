/**
 * Sheaf: datasets on a cluster, in SQL and TypeScript, over Arrow record batches. Start with {@link connect} or
 * {@link local}.
 *
 * @packageDocumentation
 */

export * from '../pipeline/index.ts';
export type { SettingName } from '../shared/config/config.ts';
export type { ErrorCode } from '../shared/errors.ts';
export { SheafError } from '../shared/errors.ts';
export type { Explanation, JobInfo, JobState, StageProgress, WorkerInfo } from '../shared/plan/job.ts';
export type { Spread, StageWork, WorkerPeak } from '../shared/plan/stage-work.ts';
export type { Column, Schema, SchemaSpec } from '../shared/schema.ts';
export type { Literal } from '../shared/sql/value.ts';
export type { ResultRowOf, RowOf, ValueOf } from '../shared/types/row.ts';
export { version } from '../shared/version.ts';
export type { CreateOptions, CreateTableOptions, TableInfo } from './catalog/catalog.ts';
export type { Cluster } from './cluster.ts';
export { type ConnectOptions, connect, type LocalOptions, local } from './connect.ts';
export type { Relation } from './dataset/actions.ts';
export type { Dataset } from './dataset/dataset.ts';
export type { Grouped } from './dataset/grouped.ts';
export type { JoinOn } from './dataset/join.ts';
export type { BatchResult, FunctionOptions, MapOptions } from './dataset/row-functions.ts';
export type { WindowColumn, WindowColumns, WindowOptions } from './dataset/window.ts';
export type {
  CsvWriteOptions,
  NdjsonWriteOptions,
  ParquetWriteOptions,
  WriteOptions,
  Writer,
  Written,
} from './dataset/writer.ts';
export { avg, count, countDistinct, max, min, sum } from './expressions/aggregates.ts';
export { type Case, coalesce, lit, sql, when } from './expressions/build.ts';
export { type Aliased, col, type Expression, type SortKey } from './expressions/expression.ts';
export {
  Aggregate,
  cumeDist,
  denseRank,
  firstValue,
  lag,
  lastValue,
  lead,
  nthValue,
  ntile,
  percentRank,
  rank,
  rowNumber,
  WindowFunction,
} from './expressions/windows.ts';
export { type FormatOptions, formatTable } from './format/table.ts';
export type {
  AggregateDefinition,
  BatchValues,
  ResultValue,
  RowValue,
  SqlFunction,
  SqlFunctionOptions,
} from './functions/sql-function.ts';
export type { Analysis } from './job/analyze.ts';
export type { ActionOptions } from './job/options.ts';
export type { PipelinesClient, RunOptions, RunsWanted } from './pipelines/pipelines.ts';
export type { ProgressMode } from './progress/choose.ts';
export type { CsvReadOptions, Reader, ReadOptions, SourceReadOptions } from './read/reader.ts';
export { typesFile } from './types-file.ts';
export type { Input, InputRow } from './upload/source.ts';
