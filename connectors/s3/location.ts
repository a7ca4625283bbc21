import { basename, join } from 'node:path';
import { SheafError } from '../../shared/errors.ts';

/** An object, or all below a prefix. */
export interface Location {
  readonly bucket: string;
  /** Without a leading slash; empty for the whole bucket. */
  readonly key: string;
}

const scheme = 's3://';

/** Whether a path names an object, a prefix or a glob of object storage. */
export const isS3 = (path: string): boolean => path.startsWith(scheme);

/** @throws SheafError `PLAN_INVALID` if it is not `s3://bucket/key` */
export function parseLocation(path: string): Location {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(path) ?? [];
  if (bucket !== undefined && /^[A-Za-z0-9._-]+$/.test(bucket)) return { bucket, key };
  throw new SheafError('PLAN_INVALID', `${path} names no object: the bucket's name is missing or not one`, {
    next: 'Write s3://bucket/key, or s3://bucket/prefix/*.parquet.',
  });
}

/** A place as users write it: `s3://bucket/key`. */
export const pathOf = ({ bucket, key }: Location): string => `${scheme}${bucket}/${key}`;

/** A key below a prefix that stands for a folder: with one slash between. */
export const below = (prefix: string, name: string): string =>
  prefix === '' || prefix.endsWith('/') ? `${prefix}${name}` : `${prefix}/${name}`;

/** Whether a key has characters with a meaning in globs. */
export const isGlob = (key: string): boolean => /[*?[\]{}]/.test(key);

/** What all matches of a glob begin with: what a server is asked to list. */
export const literalPrefix = (glob: string): string => {
  const at = glob.search(/[*?[{]/);
  return at < 0 ? glob : glob.slice(0, at);
};

/** A file's name for a copy of an object: with the folders that hold values of partitions. */
export function localName(key: string): string {
  const folders = key.split('/').slice(0, -1);
  return join(...folders.filter((name) => /^[^=]+=/.test(name)), basename(key));
}
