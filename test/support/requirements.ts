import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
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

/**
 * Finds what the tests need beyond npm packages: etcd. On Debian as root, installs it.
 *
 * @returns one line that says what to install, or undefined if all is there
 */
export function missingRequirements(): string | undefined {
  if (findProgram('etcd')) return undefined;
  if (process.getuid?.() === 0 && findProgram('apt-get')) {
    process.stderr.write('Installing etcd-server from the system’s packages, for the tests …\n');
    installWithApt('etcd-server');
    if (findProgram('etcd')) return undefined;
  }
  return 'The tests need etcd: install it (Debian and Ubuntu: sudo apt-get install etcd-server) and run them again.';
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
