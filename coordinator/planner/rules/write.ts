import { basename, dirname, join } from 'node:path/posix';
import { isS3 } from '../../../connectors/s3/location.ts';
import { objectStaging } from '../../../shared/object-staging.ts';
import type { WriteNode } from '../../../shared/plan/nodes/write.ts';
import type { FileSink } from '../../../shared/stage/output.ts';
import { stagingName } from '../../../shared/stage/staging.ts';
import type { StagedSink } from '../stages/staged-plan.ts';

/**
 * The sink of a job, and what its commit does. Unfinished files stand beside their destination, under the run's name.
 */
export function sinkOf(
  { format, path, mode, options }: WriteNode,
  run: string,
): { file: FileSink; staged: StagedSink } {
  const stagingDirectory = isS3(path)
    ? objectStaging(path, run)
    : join(dirname(path), stagingName(basename(path), run));
  return {
    file: { format, stagingDirectory, options },
    staged: { format, path, mode, stagingDirectory },
  };
}
