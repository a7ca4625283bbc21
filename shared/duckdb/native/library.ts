import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import koffi from 'koffi';
import { SheafError } from '../../errors.ts';
import '../../standard-library.ts'; // Sets how native calls are made.

/**
 * Where `libduckdb` lies: inside the platform package of `@duckdb/node-bindings`, which npm installs with it.
 *
 * @throws SheafError `CONFIG_INVALID` if there is none for this platform
 */
function libraryFile(): string {
  const bindings = createRequire(createRequire(import.meta.url).resolve('@duckdb/node-bindings/package.json'));
  const platform = `@duckdb/node-bindings-${process.platform}-${process.arch}`;
  const packages = [platform, `${platform}-musl`].flatMap((name) => resolved(bindings, `${name}/package.json`));
  const file = { darwin: 'libduckdb.dylib', win32: 'duckdb.dll' }[process.platform as string] ?? 'libduckdb.so';
  const [found] = packages;
  if (found !== undefined) return join(dirname(found), file);
  throw new SheafError('CONFIG_INVALID', `DuckDB's library for ${process.platform}-${process.arch} is not installed`, {
    next: `Install with optional dependencies (npm install --include=optional): ${platform} holds it.`,
  });
}

function resolved(from: NodeJS.Require, name: string): string[] {
  try {
    return [from.resolve(name)];
  } catch {
    return []; // not installed: npm picks one package by platform and C library
  }
}

/** The loaded library. Its functions are declared beside their users. */
export const library = koffi.load(libraryFile());

/** A native address. */
export type Address = bigint;

/** A `T**` parameter: the callee writes the first element. */
export type Out = [Address | null];

/** Declares a C function with the type that it has in TypeScript. */
export const native = <F extends (...args: never[]) => unknown>(signature: string): F =>
  library.func(signature) as unknown as F;
