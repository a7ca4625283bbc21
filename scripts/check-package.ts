/**
 * Packs the package, installs it in an empty folder as a user would, and runs programs there:
 * `node scripts/check-package.ts`. The flights come from the npm package that the examples use.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packPackage } from './pack.ts';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'check-package-'));
let failed = 0;

/** A user's program in JavaScript, with a function for the workers. */
const userProgram = `
import { local } from 'sheaf';
const shout = (row) => ({ word: row.word.toUpperCase() });
await using cluster = await local({ workers: 1, threads: 1 });
const rows = [{ word: 'packed' }, { word: 'installed' }];
const table = await cluster.from(rows).map((row) => shout(row), { schema: { word: 'varchar' } }).orderBy('word').collect();
process.stdout.write(JSON.stringify(table.toArray()));
`;

/** A user's program in TypeScript: with the types of the package, it compiles. */
const typedProgram = `
import { type Cluster, col, type Dataset } from 'sheaf';
export const late = (cluster: Cluster): Dataset<{ readonly delay: 'integer' }> =>
  cluster.read.parquet('f.parquet', { schema: { delay: 'integer' } as const }).filter(col('delay').gt(15));
`;

try {
  const tarball = packPackage(folder);
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
  sh('npm', [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    tarball,
    `vega-datasets@${versionOf('vega-datasets')}`,
  ]);
  cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
  writeFileSync(join(folder, 'user.js'), userProgram);
  writeFileSync(join(folder, 'typed.ts'), typedProgram);

  check('npx sheaf --version', sh('npx', ['sheaf', '--version']), /^\d+\.\d+\.\d+\n$/);
  check('node user.js', sh('node', ['user.js']), '[{"word":"INSTALLED"},{"word":"PACKED"}]');
  check(
    'npx sheaf run examples/flights.ts',
    sh('npx', ['sheaf', 'run', 'examples/flights.ts']),
    /│ Las Vegas +│ Los Angeles +│ afternoon +│ +3083 │ +10\.5 │ +0\.273 │/,
  );
  check(
    'the full result',
    existsSync(join(folder, 'out/routes')) ? readdirSync(join(folder, 'out/routes')).join() : '',
    /\.parquet/,
  );
  check('npx sheaf sql', sh('npx', ['sheaf', 'sql', 'select 6 * 7 as answer', '--json']), '[\n  {"answer": 42}\n]\n');
  check('types', sh(join(root, 'node_modules/.bin/tsc'), typeCheck()), '');
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
process.stdout.write(
  failed === 0 ? 'The package works where it is installed.\n' : `${failed} checks of the package failed.\n`,
);
process.exitCode = failed === 0 ? 0 : 1;

function typeCheck(): string[] {
  return [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'esnext',
    '--skipLibCheck',
    '--types',
    '',
    'typed.ts',
  ];
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** Runs a command in the user's folder; what it prints on stdout. */
function sh(command: string, args: readonly string[]): string {
  const { stdout, stderr, status, error } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (status === 0) return stdout;
  return `${command} ${args.join(' ')} ended with ${error?.message ?? status}\n${stdout}${stderr}`;
}

function check(what: string, actual: string, expected: string | RegExp): void {
  const right = typeof expected === 'string' ? actual === expected : expected.test(actual);
  process.stderr.write(`${right ? '✔' : '✖'} ${what}\n`);
  if (right) return;
  failed += 1;
  process.stderr.write(`expected ${expected}\nbut it was ${actual}\n`);
}
