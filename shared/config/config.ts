import { SheafError } from '../errors.ts';
import type { Setting } from './setting.ts';
import { settings } from './table.ts';

/** A setting's name: `batchRowsMax`. */
export type SettingName = keyof typeof settings;

/** All settings with their values: compiled once at start, frozen, and passed to whoever needs it. */
export type Config = Readonly<Record<SettingName, number>>;

/**
 * Compiles the configuration: overrides win over `SHEAF_*` variables, which win over defaults.
 * A setting `batchRowsMax` is read from `SHEAF_BATCH_ROWS_MAX`.
 *
 * @throws SheafError `CONFIG_INVALID` naming the setting, its value and its limits
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>> = {},
  overrides: Partial<Record<SettingName, number>> = {},
): Config {
  const entries = Object.entries(settings) as [SettingName, Setting][];
  return Object.freeze(
    Object.fromEntries(
      entries.map(([name, setting]) => {
        const value = overrides[name] ?? fromText(env[variableName(name)]) ?? setting.default;
        return [name, checked(name, value, setting)];
      }),
    ),
  ) as Config;
}

/** `batchRowsMax` → `SHEAF_BATCH_ROWS_MAX`. */
export const variableName = (name: string): string =>
  `SHEAF_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

const fromText = (text: string | undefined): number | undefined =>
  text === undefined || text === '' ? undefined : Number(text);

function checked(name: string, value: number, { min, max, unit }: Setting): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new SheafError(
    'CONFIG_INVALID',
    `${name} is ${Number.isNaN(value) ? 'no number' : value}; it takes a whole number from ${min} to ${max} (${unit})`,
    {
      next: `Set ${variableName(name)} within these limits, or leave it out.`,
    },
  );
}
