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
