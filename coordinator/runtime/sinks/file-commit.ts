import type { WriteNode } from '../../../shared/plan/nodes/write.ts';

/**
 * The commit of a file sink. Attempts write into a staging directory beside the destination; when the job has all of
 * its tasks, exactly the winners' files move to their final names in one rename. Until then nothing is at the
 * destination, and a job that ends otherwise leaves nothing.
 */
export interface FileCommit {
  readonly path: string;
  readonly mode: WriteNode['mode'];
  readonly staging: string;
}
