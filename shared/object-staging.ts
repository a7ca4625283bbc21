import { assert } from './errors.ts';

/**
 * The name under which a run of a job stages objects: none lies there, since open uploads lie nowhere; it tells
 * destination and run.
 *
 * @param run see `runName`
 */
export const objectStaging = (destination: string, run: string): string =>
  `${destination.replace(/\/+$/, '')}/_sheaf/staging/${run}`;

/** What `objectStaging` was given. */
export function ofObjectStaging(staging: string): { destination: string; job: string; epoch: string } {
  const [, destination, job, epoch] = /^(.*)\/_sheaf\/staging\/([^/]+)\.(\d+)$/.exec(staging) ?? [];
  assert(destination !== undefined && job !== undefined && epoch !== undefined, `${staging} names staged objects`);
  return { destination, job, epoch };
}
