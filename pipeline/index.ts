/** Data pipelines: what `sheaf` exports of them. */

export type { Duration } from './duration.ts';
export { expect } from './expect.ts';
export { accessLog, jsonLines, type LineFormat, linePattern } from './formats.ts';
export type { Sample } from './pipeline.ts';
export { isPipeline, type Pipeline, type PipelineSpec, pipeline } from './pipeline.ts';
export type { PipelineDocument, RejectPolicy, Schedule } from './records/document.ts';
export type { RunInfo, RunRecord, RunState, RunSummary } from './records/run.ts';
export { type ParamRef, param, secret } from './references.ts';
export { drop, fail, quarantine, type RejectLimits, warn } from './reject.ts';
export type { Rule } from './rules.ts';
export { connectorSink, type Sink } from './sink.ts';
export { sink } from './sinks.ts';
export { connectorSource, type Source } from './source.ts';
export { source } from './sources.ts';
export type { StepSql } from './types.ts';
