import { sinkConnector } from '../../connectors/registry.ts';
import { compile } from '../../pipeline/compile/load-plan.ts';
import { JobEngine, type JobEngineParts } from './jobs/job-engine.ts';
import { Pipelines, type PipelinesParts } from './pipelines.ts';

type Given = Omit<PipelinesParts, 'compile' | 'engine' | 'findSink' | 'at'>;

/** A leader's pipelines, run by its own jobs with the connectors of this process. */
export const leaderPipelines = (
  parts: Given & Pick<JobEngineParts, 'desk' | 'jobs' | 'heldResults' | 'results' | 'catalog'>,
): Pipelines =>
  new Pipelines({
    ...parts,
    compile,
    engine: new JobEngine(parts),
    findSink: sinkConnector,
  });
