/** Run by itself it builds the server, so that no test waits for that. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../requirements.ts';

/** A real server of the S3 protocol over a folder, built from its source, which passes our conformance test. */
const version = 'v1.8.0';
const moduleName = `github.com/versity/versitygw/cmd/versitygw@${version}`;

/** The program, built by Go if it is not there yet; kept beside the npm packages, also for other working copies. */
export function versitygw(): string {
  const packages = realpathSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)));
  const program = join(packages, '.cache', `versitygw-${version}`, 'versitygw');
  if (!isThere(program)) build(program);
  return program;
}

function isThere(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false; // Not built yet.
  }
}

function build(program: string): void {
  const go = findProgram('go') ?? findProgram('../go/bin/go');
  if (!go)
    throw new Error(
      'The tests of object storage need a Go toolchain (1.21 or later), which builds their server: install it from go.dev or your system’s packages.',
    );
  const building = join(dirname(program), `building-${process.pid}`);
  mkdirSync(building, { recursive: true });
  process.stderr.write(`Building ${moduleName}, for the tests of object storage …\n`);
  const { status } = spawnSync(go, ['install', moduleName], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, GOBIN: building },
  });
  if (status !== 0) throw new Error(`go install ${moduleName} failed: see above`);
  renameSync(join(building, 'versitygw'), program);
  rmSync(building, { recursive: true });
}

if (import.meta.main) versitygw();
