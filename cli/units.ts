import { SheafError } from '../shared/errors.ts';

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};
const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads `512MB` (10^6), `512MiB` or `512M` (2^20), `1.5 GB`, `4096`.
 *
 * @throws SheafError `USAGE`
 */
export const parseBytes = (text: string): number => Math.round(parse(text, byteUnits, 'size', '512MB, 4GiB'));

/**
 * Reads `250ms`, `30s`, `5min` or `5m`, `2h`, `1d` as milliseconds.
 *
 * @throws SheafError `USAGE`
 */
export const parseDuration = (text: string): number => Math.round(parse(text, durationUnits, 'duration', '30s, 5min'));

function parse(text: string, units: Readonly<Record<string, number>>, what: string, examples: string): number {
  const [, digits, name = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const unit = Object.hasOwn(units, name.toLowerCase()) ? units[name.toLowerCase()] : undefined;
  if (digits !== undefined && unit !== undefined) return Number(digits) * unit;
  throw new SheafError('USAGE', `"${text}" is not a ${what}`, { next: `Write it as in ${examples}.` });
}

/** `0 B`, `12.3 MB`, `4.0 GB`: powers of ten. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(names.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${names[power]}`;
}

/** `340 ms`, `1.2 s`, `3 min 5 s`, `2 h 14 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const [minutes, seconds] = [Math.floor(ms / 60_000), Math.floor((ms % 60_000) / 1000)];
  return minutes < 60 ? `${minutes} min ${seconds} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
