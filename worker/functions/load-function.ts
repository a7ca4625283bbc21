import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SheafError } from '../../shared/errors.ts';
import type { FunctionRef } from '../../shared/stage/function-step.ts';
import { threw } from './function-errors.ts';
import { provideModule } from './module-hooks.ts';

/** A user's function in this thread. */
export interface LoadedFunction {
  readonly ref: FunctionRef;
  readonly call: (input: unknown, params: unknown) => unknown;
  /** The columns that it reads of its rows; null if it may read any. */
  readonly reads: readonly string[] | null;
}

type Loaded = Omit<LoadedFunction, 'ref'>;
const loaded = new Map<string, Promise<Loaded>>();

/**
 * Loads a bundled function into this thread, once for each hash: its module's state is this thread's own.
 *
 * @param blobPath the file that holds the bundle's text
 * @throws SheafError `FILE_CORRUPT` if the file's SHA-256 is another, `FUNCTION_THREW` if its module fails
 */
export async function loadFunction(ref: FunctionRef, blobPath: string): Promise<LoadedFunction> {
  let loading = loaded.get(ref.sha256);
  if (loading === undefined) {
    loading = load(ref, blobPath);
    loaded.set(ref.sha256, loading);
    loading.catch(() => loaded.delete(ref.sha256));
  }
  return { ref, ...(await loading) };
}

async function load(ref: FunctionRef, blobPath: string): Promise<Loaded> {
  const source = await readFile(blobPath);
  if (createHash('sha256').update(source).digest('hex') !== ref.sha256) {
    throw new SheafError('FILE_CORRUPT', `The bundle of ${ref.name} at ${blobPath} is not what was sent`, {
      retryable: true,
      next: 'Remove the file: it is fetched again.',
    });
  }
  const module = await importModule(ref, source.toString());
  if (typeof module.default !== 'function') {
    throw new SheafError('FUNCTION_NOT_FOUND', `${ref.name} is ${typeof module.default}, not a function`, {
      next: 'Pass a function, or the name of one.',
    });
  }
  const reads = Array.isArray(module.reads) ? module.reads.map(String) : null;
  return { call: module.default as Loaded['call'], reads };
}

async function importModule(ref: FunctionRef, source: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(provideModule(ref.sha256, source));
  } catch (thrown) {
    throw threw(ref, thrown, 'while its module was loaded', {});
  }
}
