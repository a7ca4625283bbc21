import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside what npm installed. */
export const peersFolder = fileURLToPath(new URL('../../node_modules/.cache/peers', import.meta.url));

/** Ballista may have to be compiled, some 700 crates. */
const installMinutesMax = 40;

/** A system to compare with: a script in `bench/peers`, in a virtual environment of its own. */
export interface Peer {
  readonly name: string;
  readonly script: string;
  /** What pip installs, with versions: a figure is of one of them. */
  readonly requirements: readonly string[];
  readonly needsJava?: boolean;
}

/** The systems that can be compared. */
export const peers: readonly Peer[] = [
  { name: 'Spark', script: 'on-spark.py', requirements: ['pyspark==4.3.0', 'pyarrow', 'pandas'], needsJava: true },
  { name: 'Ballista', script: 'on-ballista.py', requirements: ['ballista==54.1.0', 'pyarrow'] },
  { name: 'Daft', script: 'on-daft.py', requirements: ['daft==0.7.26', 'pyarrow'] },
  { name: 'Dask', script: 'on-dask.py', requirements: ['dask[dataframe,distributed]==2026.8.0', 'pyarrow'] },
];

/**
 * Installs a system where it is not yet.
 *
 * @returns the Python to run its script with
 * @throws Error why it did not install
 */
export function installPeer({ name, requirements, needsJava }: Peer): string {
  const environment = join(peersFolder, name.toLowerCase());
  const python = join(environment, 'bin', 'python');
  const installed = join(environment, 'installed');
  const wanted = requirements.join(' ');
  if (needsJava) installJava();
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return python;
  mkdirSync(peersFolder, { recursive: true });
  process.stderr.write(`installing ${wanted} …\n`);
  run('python3', ['-m', 'venv', environment]);
  run(join(environment, 'bin', 'pip'), ['install', '--quiet', '--prefer-binary', ...requirements]);
  writeFileSync(installed, wanted);
  return python;
}

function installJava(): void {
  if (spawnSync('java', ['-version']).status === 0) return;
  if (process.getuid?.() !== 0) throw new Error('it needs Java, and only root can install it');
  run('apt-get', ['-q', 'update']);
  run('apt-get', ['-qy', 'install', 'default-jre-headless']);
}

function run(command: string, args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const timeout = installMinutesMax * 60_000;
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env, timeout });
  if (status === 0) return;
  const said = error?.message ?? stderr.trim().split('\n').slice(-3).join(' ');
  throw new Error(`${command} ${args.join(' ')}: ${said}`);
}
