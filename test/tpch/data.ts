import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Connection } from '../../shared/duckdb/connection.ts';
import { literal } from '../../shared/sql/text.ts';
import { tables } from './tables.ts';

const cache = fileURLToPath(new URL('../../node_modules/.cache/tpch', import.meta.url));

/** The same version makes the same rows everywhere. */
const generator = 'tpchgen-cli==4.0.0';

/**
 * TPC-H's tables at a scale factor, one Parquet file each, made once by tpchgen-cli (a Python package, fetched when it
 * is absent) and kept beside what npm installed.
 *
 * @param rowGroupRows small ones make several tasks of little data
 * @returns the directory
 * @throws Error with what the generator said
 */
export function tpchDirectory(scale: number, rowGroupRows: number, connection: Connection): string {
  const directory = join(cache, `scale-${scale}-groups-${rowGroupRows}`);
  if (existsSync(directory)) return directory;
  mkdirSync(cache, { recursive: true });
  const [made, cut] = [mkdtempSync(join(cache, 'made-')), mkdtempSync(join(cache, 'cut-'))];
  try {
    run(program(), ['parquet', '-s', String(scale), '--output-dir', made]);
    for (const table of tables) {
      const [from, to] = [made, cut].map((folder) => literal(join(folder, `${table}.parquet`)));
      connection.execute(`COPY (FROM ${from}) TO ${to} (FORMAT parquet, ROW_GROUP_SIZE ${rowGroupRows})`);
    }
    if (!existsSync(directory)) renameSync(cut, directory); // another run may have been faster
    return directory;
  } finally {
    for (const folder of [made, cut]) rmSync(folder, { recursive: true, force: true });
  }
}

/** In a virtual environment of its own, which is left as it is if it is there. */
function program(): string {
  const environment = join(cache, 'venv');
  const path = join(environment, 'bin', 'tpchgen-cli');
  if (!existsSync(path)) {
    run('python3', ['-m', 'venv', environment]);
    run(join(environment, 'bin', 'pip'), ['install', '--quiet', generator]);
  }
  return path;
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  const said = error?.message ?? stderr.trim();
  throw new Error(`${command} ${args.join(' ')}: ${said} (TPC-H's tables need python3 with venv, and pip's registry)`);
}
