import { absolutePath } from '../client/read/paths.ts';

/**
 * A directory, a file or an `s3://` location as the cluster needs it: relative ones are relative to where the program
 * runs.
 */
export const locationOf = (path: string): string => absolutePath(path, process.cwd());
