import { SheafError } from '../../shared/errors.ts';
import { destinationOf, loadOf } from '../files/names.ts';
import { S3Storage, type StorageLimits } from '../files/s3-storage.ts';
import { visible } from '../files/visible.ts';
import { globMatcher } from './glob.ts';
import { below, isGlob, type Location, literalPrefix, parseLocation, pathOf } from './location.ts';
import type { ObjectInfo } from './object-info.ts';
import type { ObjectStore } from './store.ts';

/** How a path becomes objects. */
export interface ExpandOptions {
  /** Whether a key's name tells the wanted format: of all objects below a prefix, only these are meant. */
  readonly isOfFormat: (key: string) => boolean;
  readonly objectsMax: number;
  readonly limits: StorageLimits;
  readonly signal: AbortSignal;
}

/** Objects below a location, in the order of their keys. */
export interface Expanded {
  readonly bucket: string;
  readonly objects: readonly ObjectInfo[];
}

/**
 * The objects that a path names: one by its key, a glob's matches, or all of the format below a prefix that stands for
 * a folder. What lies in a folder that begins with a dot or `_` is hidden below a prefix, and from a glob's stars what
 * begins with a dot or lies in `_sheaf`, as with files. Objects of loads that are not committed are not there.
 *
 * @param path `s3://bucket/key`
 * @throws SheafError `FILE_NOT_FOUND`, `QUOTA_EXCEEDED`, or what the storage says
 */
export async function expand(path: string, store: ObjectStore, options: ExpandOptions): Promise<Expanded> {
  const all = await named(path, store, options);
  const { bucket } = all;
  const destinations = new Set(
    all.objects.filter(({ key }) => loadOf(key) !== undefined).map(({ key }) => destinationOf(key)),
  );
  if (destinations.size === 0) return all;
  const roots = [...destinations].map((key) => ({
    storage: new S3Storage(pathOf({ bucket, key }), store, options.limits, options.signal),
    prefix: below(key, ''),
  }));
  const list = async (): Promise<readonly ObjectInfo[]> => (await named(path, store, options)).objects;
  return { bucket, objects: await visible(roots, list, ({ key }) => key) };
}

async function named(path: string, store: ObjectStore, options: ExpandOptions): Promise<Expanded> {
  const place = parseLocation(path);
  const { bucket, key } = place;
  // A key may hold brackets and question marks itself.
  const isOne = key !== '' && !key.endsWith('/') && !key.includes('*');
  const one = isOne ? await store.head(place, options.signal) : undefined;
  if (one !== undefined) return { bucket, objects: [one] };
  if (isGlob(key)) return { bucket, objects: await matches(place, store, options) };
  const objects = await belowPrefix(place, store, options);
  if (objects.length === 0)
    throw nothing(
      place,
      `there is no such object, and no object of the format below ${pathOf({ bucket, key: below(key, '') })}`,
    );
  return { bucket, objects };
}

async function matches(place: Location, store: ObjectStore, options: ExpandOptions): Promise<ObjectInfo[]> {
  const isMatch = globMatcher(place.key);
  const all = await taken(
    place,
    literalPrefix(place.key),
    store,
    options,
    (key) => isMatch(key) && !/(^|\/)_sheaf\//.test(key),
  );
  if (all.length === 0) throw nothing(place, 'nothing matches it');
  const ofFormat = all.filter(({ key }) => options.isOfFormat(key));
  // `data/*` beside a README means the data; `data/*.log` means what it says.
  return ofFormat.length > 0 && /\*\*?$/.test(place.key) ? ofFormat : all;
}

function belowPrefix(place: Location, store: ObjectStore, options: ExpandOptions): Promise<ObjectInfo[]> {
  const prefix = below(place.key, '');
  const isHidden = (key: string): boolean =>
    key
      .slice(prefix.length)
      .split('/')
      .some((part) => /^[._]/.test(part));
  return taken(place, prefix, store, options, (key) => !isHidden(key) && options.isOfFormat(key));
}

async function taken(
  place: Location,
  prefix: string,
  store: ObjectStore,
  { objectsMax, signal }: ExpandOptions,
  isWanted: (key: string) => boolean,
): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for await (const object of store.list(place.bucket, prefix, signal)) {
    if (!isWanted(object.key)) continue;
    found.push(object);
    if (found.length <= objectsMax) continue;
    throw new SheafError('QUOTA_EXCEEDED', `${pathOf(place)} names more than ${objectsMax} objects`, {
      next: 'Name fewer, or raise sourceFilesMax.',
    });
  }
  return found;
}

const nothing = (place: Location, why: string): SheafError =>
  new SheafError('FILE_NOT_FOUND', `${pathOf(place)}: ${why}`, {
    next: 'Check the bucket and the key: they are case-sensitive, and a key does not begin with a slash.',
  });
