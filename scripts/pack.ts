/**
 * Makes the npm package: `node scripts/pack.ts [FOLDER]` compiles the sources to `dist/` and packs them into
 * `FOLDER/sheaf-VERSION.tgz` (default: `dist/`). Prints the tarball's path.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');

interface Manifest {
  readonly version: string;
  readonly [field: string]: unknown;
}

/** @returns the tarball's absolute path */
export function packPackage(folder: string): string {
  rmSync(dist, { recursive: true, force: true });
  run('tsc', ['-p', 'tsconfig.build.json']);
  for (const copied of ['bin', 'proto', 'README.md', 'LICENSE'])
    cpSync(join(root, copied), join(dist, copied), { recursive: true });
  const manifest = publishedManifest(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest);
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  mkdirSync(folder, { recursive: true });
  run('npm', ['pack', dist, '--silent', '--pack-destination', folder]);
  return join(folder, `sheaf-${manifest.version}.tgz`);
}

/** What users need of ours: no scripts, no tools, and `exports` that point at what was compiled. */
function publishedManifest(manifest: Manifest): Manifest {
  const { name, version, description, license, type, bin, dependencies } = manifest;
  const { peerDependencies, peerDependenciesMeta } = manifest;
  return {
    ...{ name, version, description, license, type },
    engines: { node: '>=24' },
    bin,
    exports: {
      '.': { types: './client/index.d.ts', default: './client/index.js' },
      './package.json': './package.json',
    },
    ...{ dependencies, peerDependencies, peerDependenciesMeta },
  };
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}`);
}

if (import.meta.main) process.stdout.write(`${packPackage(resolve(process.argv[2] ?? dist))}\n`);
