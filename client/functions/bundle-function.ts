import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import { bundleModule } from './bundle-module.ts';
import type { CallSite } from './call-site.ts';
import { checkSlice, startsCluster } from './check-slice.ts';
import type { AnyFunction } from './find-function.ts';
import { findFunction } from './find-function.ts';
import { inspectBundle } from './inspect-bundle.ts';
import { placeOf } from './parse-module.ts';
import { sliceModule, sliceText } from './slice.ts';

/** A function as it travels: one ES module whose default export it is. */
export interface BundledFunction {
  /** SHA-256 of `code` in hex: its name as a blob. */
  readonly sha256: string;
  /** The module's text, with an inline source map; stable for the same sources and paths within their package. */
  readonly code: string;
  /** For people: the function's name and where it was written, `partOfDay (examples/flights.ts:12)`. */
  readonly name: string;
  /** Whether it is known to return promises. */
  readonly async: boolean;
  /** The columns that it reads of its first argument if that is a row; null if it may read any. */
  readonly reads: readonly string[] | null;
}

/** Limits of bundles. */
export type BundleOptions = Pick<Config, 'functionBundleBytesMax'>;

const bundles = new Map<string, Promise<BundledFunction>>();

/**
 * Bundles a function with what it needs of its module: imports, top-level declarations, npm packages. Module-level
 * statements do not travel; mutable module state does, and every thread has its own.
 *
 * @param site where it was passed to a dataset's method: `callSite()` taken within that method
 * @param packages npm packages that stay imports
 * @throws SheafError `FUNCTION_NOT_FOUND`, `FUNCTION_CAPTURE`, `FUNCTION_STARTS_CLUSTER`, `FUNCTION_BUNDLE`
 */
export async function bundleFunction(
  fn: AnyFunction,
  site: CallSite,
  options: BundleOptions,
  packages: readonly string[] = [],
): Promise<BundledFunction> {
  const key = `${await cacheKey(fn, site)}\n${packages.join()}`;
  const known = bundles.get(key);
  if (known !== undefined) return known;
  const bundle = makeBundle(fn, site, options, packages);
  bundles.set(key, bundle);
  bundle.catch(() => bundles.delete(key));
  return bundle;
}

/** The same call in the same version of a file passes the same text, whatever function object it makes of it. */
async function cacheKey(fn: AnyFunction, { file, line, column }: CallSite): Promise<string> {
  const modified =
    file === null
      ? 0
      : await stat(file).then(
          (stats) => stats.mtimeMs,
          () => 0,
        );
  return [file, modified, line, column, Function.prototype.toString.call(fn)].join('\n');
}

async function makeBundle(
  fn: AnyFunction,
  site: CallSite,
  options: BundleOptions,
  packages: readonly string[],
): Promise<BundledFunction> {
  const found = await findFunction(fn, site);
  const slice = sliceModule(found);
  checkSlice(found, slice);
  const name = `${found.name} (${placeOf(found.module, found.expression)})`;
  const { text, map } = await bundleModule(sliceText(found, slice), found.module.file, name, packages);
  const facts = await inspectBundle(text);
  if (facts.startsCluster) throw startsCluster(name, 'in a module that it imports');
  const code = `${text}${readsText(facts.reads)}//# sourceMappingURL=data:application/json;base64,${map}\n`;
  refuseTooLarge(name, Buffer.byteLength(code), options.functionBundleBytesMax);
  return {
    sha256: createHash('sha256').update(code).digest('hex'),
    code,
    name,
    async: facts.isAsync || isAsync(fn),
    reads: facts.reads,
  };
}

/** Tells the workers which columns rows must have, beside the function. */
const readsText = (reads: readonly string[] | null): string =>
  reads === null ? '' : `var sheaf$reads = ${JSON.stringify(reads)};\nexport { sheaf$reads as reads };\n`;

const isAsync = (fn: AnyFunction): boolean => /^Async(Generator)?Function$/.test(fn.constructor.name);

function refuseTooLarge(name: string, bytes: number, bytesMax: number): void {
  if (bytes <= bytesMax) return;
  throw new SheafError('FUNCTION_BUNDLE', `${name} and what it imports are ${bytes} bytes; the limit is ${bytesMax}`, {
    next: 'Import less, pass data as `params` or as a joined dataset, or raise functionBundleBytesMax.',
  });
}
