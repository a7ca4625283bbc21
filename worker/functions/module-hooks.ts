import { registerHooks, setSourceMapsSupport } from 'node:module';

/** Bundles appear as modules under this folder, which is nowhere: their text comes from memory, checked. */
const folder = 'file:///sheaf-function/';
const provided = /^(apache-arrow|sheaf)(\/|$)/;

const sources = new Map<string, string>();
let registered = false;

/**
 * The URL under which this thread imports a bundle. `apache-arrow` and `sheaf` in it are our own copies, so that its
 * record batches are of our classes; stacks are those of the user's files.
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
      const isOurs = context.parentURL?.startsWith(folder) === true && provided.test(specifier);
      return isOurs ? next(specifier, { ...context, parentURL: import.meta.url }) : next(specifier, context);
    },
    load(url, context, next) {
      const source = sources.get(url);
      if (source === undefined) return next(url, context);
      sources.delete(url);
      return { format: 'module', source, shortCircuit: true };
    },
  });
}

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
