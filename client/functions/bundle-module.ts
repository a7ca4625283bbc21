import { existsSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import type { BuildFailure, BuildOptions, Loader, Message, Plugin } from 'esbuild';
import { SheafError } from '../../shared/errors.ts';
import { isSheaf } from './check-slice.ts';

interface ModuleBundle {
  readonly text: string;
  /** The source map in base64. */
  readonly map: string;
}

/**
 * Bundles a module's text with all that it imports, tree-shaken, as one ES module for Node; this library and
 * `apache-arrow` stay imports, which workers answer with their own, as do the packages named. esbuild is loaded when
 * first used; its service process neither keeps this one alive nor outlives it.
 *
 * @param file the path that the text stands for
 * @param name the function's name for messages
 * @param packages npm packages that stay imports
 * @throws SheafError `FUNCTION_BUNDLE` for an import that is not found, a native addon, a text that does not parse
 */
export async function bundleModule(
  contents: string,
  file: string,
  name: string,
  packages: readonly string[],
): Promise<ModuleBundle> {
  for (const each of packages) refuseNoPackage(each, name);
  const { build } = await import('esbuild');
  const options = buildOptions(contents, file, packages);
  const run = (extra: BuildOptions) =>
    build({ ...options, ...extra }).catch((failure: BuildFailure) => {
      throw bundleError(failure, file, name);
    });
  const plain = outputs((await run({})).outputFiles ?? []);
  return plain.text.includes(requireShim)
    ? outputs((await run({ banner: { js: requireBanner } })).outputFiles ?? [])
    : plain;
}

function buildOptions(contents: string, file: string, packages: readonly string[]): BuildOptions {
  const root = packageFolder(file);
  return {
    stdin: { contents, sourcefile: relative(root, file), resolveDir: dirname(file), loader: loaderOf(file) },
    absWorkingDir: root,
    outfile: 'function.js',
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['apache-arrow', 'sheaf', ...packages],
    plugins: [ownClient],
    // Node runs the user's program without tsconfig.json, so it must not change what the bundle means.
    tsconfigRaw: {},
    sourcemap: 'external',
    sourcesContent: false,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
  };
}

/** CommonJS packages that require Node's modules: ES modules have no `require` unless they make one. */
const requireShim = 'Dynamic require of "';
const requireBanner =
  "import { createRequire as sheaf$require } from 'node:module'; const require = sheaf$require(import.meta.url);";

/** In this repository the library is imported by its path. */
const ownClient: Plugin = {
  name: 'sheaf',
  setup({ onResolve }) {
    onResolve({ filter: /client\/index\.[jt]s$/ }, ({ path }) =>
      isSheaf(path) ? { path: 'sheaf', external: true } : null,
    );
  },
};

function outputs(files: readonly { readonly path: string; readonly text: string }[]): ModuleBundle {
  const text = files.find(({ path }) => path.endsWith('.js'))?.text ?? '';
  const map = files.find(({ path }) => path.endsWith('.map'))?.text ?? '{}';
  return { text, map: Buffer.from(map).toString('base64') };
}

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
};
const loaderOf = (file: string): Loader => loaders[extname(file)] ?? 'js';

/** The folder to which paths in the bundle are relative, so that they do not say where the package lies. */
function packageFolder(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return dirname(file);
  }
}

function refuseNoPackage(given: string, name: string): void {
  if (/^(@[\w.-]+\/)?\w[\w.-]*$/.test(given)) return;
  throw new SheafError('FUNCTION_BUNDLE', `${name} names "${given}" in \`packages\`, which is no npm package`, {
    next: 'Name the package itself: onnxruntime-node, @scope/name.',
  });
}

function bundleError(failure: BuildFailure, file: string, name: string): SheafError {
  const message = failure.errors?.[0];
  if (message === undefined) return SheafError.from(failure);
  const where = `${message.location?.file ?? file}${message.location ? `:${message.location.line}` : ''}`;
  const { problem, next } = explain(message);
  return new SheafError('FUNCTION_BUNDLE', `${name} cannot be bundled: ${problem} (${where})`, {
    cause: failure,
    next,
  });
}

function explain({ text }: Message): { readonly problem: string; readonly next: string } {
  const missing = /^Could not resolve "(.*)"/.exec(text)?.[1];
  if (missing !== undefined) {
    const next = /^[./]/.test(missing)
      ? 'Check the path and its extension.'
      : `Install it: \`npm install ${missing}\`.`;
    return { problem: `the import "${missing}" is not found`, next };
  }
  const addon = /^No loader is configured for "\.node" files: (.*)$/.exec(text)?.[1];
  if (addon !== undefined) {
    return {
      problem: `the native addon ${addon} cannot travel to workers`,
      next: "Name the package that has it, `packages: ['…']` beside the function, and install it where the workers run.",
    };
  }
  return { problem: text, next: 'Functions are bundled by esbuild: its message above says what it could not read.' };
}
