import type { Compile, CompiledRun } from '../../pipeline/compiled.ts';
import type { PipelineDocument } from '../../pipeline/document.ts';
import type { RunRecord } from '../../pipeline/run.ts';
import type { Json } from '../../shared/json.ts';

/** The plan of a run, as its record says it. The same record gives the same plan. */
export type CompileRecord = (
  record: RunRecord,
  document: PipelineDocument,
  cursors: Readonly<Record<string, Json>>,
) => CompiledRun | Promise<CompiledRun>;

export const compileWith =
  (compile: Compile): CompileRecord =>
  (record, document, cursors) => {
    const { id: run, params, startedMs, submittedMs, interval } = record;
    return compile({
      document,
      run,
      params,
      cursors,
      startedMs: startedMs ?? submittedMs,
      ...(interval ? { interval } : {}),
    });
  };
