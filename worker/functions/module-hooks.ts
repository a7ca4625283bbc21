import { isBuiltin, registerHooks, setSourceMapsSupport } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SheafError } from '../../shared/errors.ts';

/** Bundles appear as modules under this folder, which is nowhere: their text comes from memory, checked. */
const folder = 'file:///sheaf-function/';
const provided = /^(apache-arrow|sheaf)(\/|$)/;

const sources = new Map<string, string>();
let registered = false;

/**
 * The URL under which this thread imports a bundle. `apache-arrow` and `sheaf` in it are our own copies, so that its
 * record batches are of our classes; other packages that it imports are those that are installed where this process was
 * started, or else beside this library. Stacks are those of the user's files.
 */
export function provideModule(sha256: string, source: string): string {
  if (!registered) register();
  registered = true;
  const url = `${folder}${sha256}/function.js`;
  sources.set(url, source);
  return url;
}

function register(): void {
  setSourceMapsSupport(true, { nodeModules: true, generatedCode: false });
  registerHooks({
    resolve(specifier, context, next) {
      if (sources.has(specifier)) return { url: specifier, format: 'module', shortCircuit: true };
      const fromBundle = context.parentURL?.startsWith(folder) === true;
      if (!fromBundle || isBuiltin(specifier) || specifier.startsWith('.')) return next(specifier, context);
      const from = provided.test(specifier) ? [import.meta.url] : [startFolder, import.meta.url];
      return resolveFrom(from, specifier, (parentURL) => next(specifier, { ...context, parentURL }));
    },
    load(url, context, next) {
      const source = sources.get(url);
      if (source === undefined) return next(url, context);
      sources.delete(url);
      return { format: 'module', source, shortCircuit: true };
    },
  });
}

/** Packages are sought from here upwards. */
const startFolder = pathToFileURL(join(process.cwd(), 'function.js')).href;

/** @throws SheafError `FUNCTION_PACKAGE_MISSING` if it is in none of these places */
function resolveFrom<T>(parents: readonly string[], specifier: string, resolve: (parent: string) => T): T {
  let missing: unknown;
  for (const parent of parents) {
    try {
      return resolve(parent);
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
      missing ??= thrown;
    }
  }
  const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  throw new SheafError('FUNCTION_PACKAGE_MISSING', `The package ${name} is not installed where this worker runs`, {
    cause: missing,
    next: `Install it in the folder where every worker is started (${process.cwd()} on this one): npm install ${name}`,
  });
}

const isMissing = (thrown: unknown): boolean =>
  /^(ERR_)?MODULE_NOT_FOUND$/.test((thrown as NodeJS.ErrnoException).code ?? '');

const inBundle = /(?:file:\/\/)?\/sheaf-function\/[0-9a-f]+\//;

/**
 * The part of a stack that is the user's: frames up to ours, files named as they lie in the user's package.
 */
export function userStack(stack: string): string {
  const lines = stack.split('\n');
  const last = lines.findLastIndex((line) => inBundle.test(line));
  return lines
    .slice(0, Math.max(last + 1, 1))
    .map((line) => line.replace(inBundle, ''))
    .join('\n');
}
