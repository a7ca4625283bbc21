import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expand } from '../../connectors/s3/expand.ts';
import { fetchHead } from '../../connectors/s3/head.ts';
import { isS3, localName, parseLocation } from '../../connectors/s3/location.ts';
import { resolvedOptions } from '../../connectors/s3/options.ts';
import { parquetFooterBytes, type RemoteObject, Scratch, SparseCopy } from '../../connectors/s3/remote-object.ts';
import { type ObjectStore, objectStore } from '../../connectors/s3/store.ts';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { FileFormat, ScanNode } from '../../shared/plan/nodes/scan.ts';
import type { FileRef } from '../../shared/stage/split.ts';
import { scanKey } from '../planner/source.ts';
import type { FileFacts } from './file-facts.ts';
import { hasFormat } from './formats.ts';
import type { ObjectFacts } from './object-facts.ts';

/** Facts of the objects that the scans of a plan name, by `scanKey` and path. */
export type RemoteFacts = ReadonlyMap<string, ReadonlyMap<string, readonly FileFacts[]>>;

/** What looking into objects needs. */
export interface RemoteTools {
  readonly config: Config;
  readonly cache: ObjectFacts;
  /** Where small copies lie while they are looked into. */
  readonly directory: string;
  /** Options with the values of secrets in place of their names. */
  readonly resolve: (options: Json) => Json;
  /** Looks into local files: what is fetched of an object looks like one. */
  readonly lookInto: (file: FileRef, scan: ScanNode) => FileFacts;
  readonly signal: AbortSignal;
}

/**
 * Lists and looks into the objects that scans name, ahead of `resolveSources`: of a columnar one its footer is fetched,
 * of text the first lines.
 *
 * @throws SheafError as `resolveSources`, naming the object
 */
export async function lookIntoRemote(scans: readonly ScanNode[], tools: RemoteTools): Promise<RemoteFacts> {
  const facts = new Map<string, ReadonlyMap<string, readonly FileFacts[]>>();
  for (const scan of scans) {
    const key = scanKey(scan);
    const paths = scan.paths.filter(isS3);
    if (paths.length === 0 || facts.has(key)) continue;
    const byPath = new Map<string, readonly FileFacts[]>();
    for (const path of paths) byPath.set(path, await factsOf(path, scan, tools));
    facts.set(key, byPath);
  }
  return facts;
}

async function factsOf(path: string, scan: ScanNode, tools: RemoteTools): Promise<FileFacts[]> {
  const { config, signal } = tools;
  const options = scan.options.s3;
  const store = await objectStore(resolvedOptions(options, tools.resolve), config);
  const isOfFormat = (key: string): boolean => hasFormat(key, scan.format);
  const { bucket, objects } = await expand(path, store, {
    isOfFormat,
    objectsMax: config.sourceFilesMax,
    limits: config,
    signal,
  });
  const files = objects.map(
    ({ key, sizeBytes, modifiedMs, etag }): FileRef => ({
      path: `s3://${bucket}/${key}`,
      sizeBytes,
      modifiedMs,
      object: { etag, ...(options === undefined ? {} : { options }) },
    }),
  );
  const facts: FileFacts[] = new Array(files.length);
  const queue = files.entries();
  const lane = async (): Promise<void> => {
    for (const [i, file] of queue) facts[i] = await factsOfObject(file, scan, store, tools);
  };
  await Promise.all(Array.from({ length: config.objectPeeksAtOnce }, lane));
  return facts;
}

async function factsOfObject(
  file: FileRef,
  scan: ScanNode,
  store: ObjectStore,
  tools: RemoteTools,
): Promise<FileFacts> {
  const way = `remote ${JSON.stringify([scan.format, scan.options])}`;
  const known = tools.cache.get(file, way);
  if (known !== undefined) return known;
  const directory = mkdtempSync(join(tools.directory, 'object-'));
  let isKept = false;
  try {
    const local = await peek(file, scan.format, store, directory, tools);
    const facts = renamed(lookedInto(local, file, scan, tools), file);
    isKept = scan.format === 'parquet';
    const found = isKept ? { ...facts, footer: local.path } : facts;
    tools.cache.set(file, way, found, isKept ? directory : undefined);
    return found;
  } finally {
    if (!isKept) rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * A local file of the same name, below folders of the same `name=value`, that tells the same of its columns and pieces.
 */
async function peek(
  file: FileRef,
  format: FileFormat,
  store: ObjectStore,
  directory: string,
  { config, signal }: RemoteTools,
): Promise<FileRef> {
  const place = parseLocation(file.path);
  const object: RemoteObject = { store, place, sizeBytes: file.sizeBytes, etag: file.object?.etag ?? '' };
  const path = join(directory, localName(place.key));
  if (format === 'csv' || format === 'ndjson') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await fetchHead(object, config.objectHeadBytes, signal));
  } else {
    const fetching = { limits: config, scratch: new Scratch(config.objectScratchBytesMax), signal };
    using copy = new SparseCopy(object, path, fetching);
    if (format === 'parquet') await copy.fetchFooter(parquetFooterBytes);
    else await copy.fetchAll();
  }
  return { path, sizeBytes: file.sizeBytes, modifiedMs: file.modifiedMs };
}

function lookedInto(local: FileRef, file: FileRef, scan: ScanNode, { lookInto }: RemoteTools): FileFacts {
  try {
    return lookInto(local, scan);
  } catch (thrown) {
    const error = SheafError.from(thrown);
    const { next, details, retryable } = error;
    throw new SheafError(error.code, error.message.replaceAll(local.path, file.path), {
      cause: error,
      retryable,
      details: { ...details, file: file.path },
      ...(next === undefined ? {} : { next: next.replaceAll(local.path, file.path) }),
    });
  }
}

const renamed = (facts: FileFacts, file: FileRef): FileFacts => ({
  file,
  schema: facts.schema,
  splits: (scan) => facts.splits(scan).map((piece) => ({ ...piece, split: { ...piece.split, file } })),
});
