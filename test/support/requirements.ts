import { spawnSync } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The program's path, or undefined. Debian's folders are searched even when PATH leaves them out. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not ours to run: both mean that it must be sought elsewhere.
  }
}

interface Requirement {
  readonly what: string;
  /** Debian's package. */
  readonly package: string;
  readonly isThere: () => boolean;
}

const requirements: readonly Requirement[] = [
  { what: 'etcd', package: 'etcd-server', isThere: () => findProgram('etcd') !== undefined },
  { what: 'PostgreSQL', package: 'postgresql', isThere: () => findPostgres() !== undefined },
];

/** Debian keeps the server's programs out of PATH, in a folder for each version. */
export function findPostgres(): string | undefined {
  const versions = globSync('/usr/lib/postgresql/*/bin/postgres');
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? findProgram('postgres');
}

/**
 * Finds what the tests need beyond npm packages. On Debian as root, installs it.
 *
 * @returns one line that says what to install, or undefined if all is there
 */
export function missingRequirements(): string | undefined {
  for (const { package: name, isThere } of requirements) {
    if (isThere() || process.getuid?.() !== 0 || !findProgram('apt-get')) continue;
    process.stderr.write(`Installing ${name} from the system’s packages, for the tests …\n`);
    installWithApt(name);
  }
  const missing = requirements.filter(({ isThere }) => !isThere());
  if (missing.length === 0) return undefined;
  const [names, packages] = [missing.map(({ what }) => what), missing.map((one) => one.package)];
  return `The tests need ${names.join(' and ')}: install it (Debian and Ubuntu: sudo apt-get install ${packages.join(' ')}) and run them again.`;
}

function installWithApt(name: string): void {
  const install = () => apt('install', '--yes', '--no-install-recommends', name);
  if (install() === 0) return;
  apt('update');
  install();
}

const apt = (...args: string[]): number | null =>
  spawnSync('apt-get', ['-q', ...args], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status;
