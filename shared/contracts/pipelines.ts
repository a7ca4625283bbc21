import type { ServerStream, Unary } from '../rpc/contract.ts';
import type { Empty } from './jobs.ts';

/** `proto/pipelines.proto`: what clients ask of a coordinator about pipelines and their runs. */
export interface PipelinesContract {
  /** A `PipelineDocument`; answers with the `PipelineRecord`. */
  readonly put: Unary<{ json: string; deployed: boolean; paused: boolean }, PipelineJson>;
  /** `PipelineRecord`s. */
  readonly list: Unary<Empty, PipelineJsons>;
  readonly getDocument: Unary<{ name: string }, PipelineJson>;
  readonly remove: Unary<{ name: string }, Empty>;
  /** `ScheduleInfo`s. */
  readonly listSchedules: Unary<Empty, PipelineJsons>;
  /** Answers with the `ScheduleInfo`. */
  readonly pauseSchedule: Unary<{ pipeline: string; paused: boolean }, PipelineJson>;
  /** A `BackfillRequest`; answers with the `BackfillPlan`. */
  readonly planBackfill: Unary<PipelineJson, PipelineJson>;
  /** A `RunRequest`; answers with the `RunRecord`. */
  readonly submit: Unary<PipelineJson, PipelineJson>;
  /** `RunRecord`s, the latest first. */
  readonly listRuns: Unary<{ pipeline: string; limit: number }, PipelineJsons>;
  /** A `RunInfo`. */
  readonly getRun: Unary<{ run: string }, PipelineJson>;
  readonly watchRun: ServerStream<{ run: string }, PipelineJson>;
  readonly cancelRun: Unary<{ run: string; abandon: boolean }, Empty>;
}

/** Fully qualified name of the service. */
export const pipelinesService = 'sheaf.v1.Pipelines';

/** One document or record. */
export interface PipelineJson {
  readonly json: string;
}

/** Several documents or records. */
export interface PipelineJsons {
  readonly json: readonly string[];
}
