import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SheafError } from './errors.ts';
import type { Json } from './json.ts';

/** A secret as plans and records hold it: by name only. */
export type SecretRef = { readonly $secret: string };

/** Whether a value stands for a secret. */
export const isSecretRef = (value: unknown): value is SecretRef =>
  typeof value === 'object' && value !== null && '$secret' in value && typeof value.$secret === 'string';

/** Values that this process has been told: `redact` takes them out of whatever leaves it as text. */
const told = new Set<string>();
/** Shorter ones would take common words out of messages. */
const redactedLengthMin = 4;

/** The text without any secret that this process has resolved. */
export function redact(text: string): string {
  let clean = text;
  for (const value of told) clean = clean.replaceAll(value, '[secret]');
  for (const value of derived) clean = clean.replaceAll(value, '[secret]');
  return clean;
}

/** Plain data without any such secret, in whatever text of it. */
export function redactData<T>(data: T): T {
  if (told.size === 0 && derived.size === 0) return data;
  if (typeof data === 'string') return redact(data) as T;
  if (Array.isArray(data)) return data.map((item: unknown) => redactData(item)) as T;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, redactData<unknown>(value)])) as T;
}

/**
 * Where a process finds the values of secrets: a folder with a file for each, as orchestrators mount them, or the
 * environment.
 */
export class Secrets {
  /** Absolute: other threads look there, too. */
  readonly folder: string | undefined;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(folder?: string, environment: NodeJS.ProcessEnv = process.env) {
    this.folder = folder;
    this.#environment = environment;
  }

  /** @throws SheafError `SECRET_UNKNOWN`, naming the secret and where it was looked for */
  get(name: string): string {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) throw unknown(name, 'a name has letters, digits and _ only');
    const value = this.#fromFolder(name) ?? this.#environment[`SHEAF_SECRET_${name}`];
    if (value === undefined)
      throw unknown(name, this.folder === undefined ? 'no folder of secrets is set' : this.folder);
    // Of `export NAME=$UNSET`, which no connector can make anything of.
    if (value === '') throw unknown(name, 'what stands for it is empty');
    remember(value);
    return value;
  }

  /** Plain data with every `{ $secret: name }` replaced by its value. Not for anything that is stored or shown. */
  resolve(data: Json): Json {
    if (isSecretRef(data)) return this.get(data.$secret);
    if (Array.isArray(data)) return data.map((item: Json) => this.resolve(item));
    if (typeof data !== 'object' || data === null) return data;
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, value === undefined ? undefined : this.resolve(value)]),
    );
  }

  #fromFolder(name: string): string | undefined {
    if (this.folder === undefined) return undefined;
    try {
      return readFileSync(join(this.folder, name), 'utf8').replace(/\r?\n$/, '');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new SheafError('SECRET_UNKNOWN', `The secret ${name} cannot be read from ${this.folder}`, {
        cause,
        next: 'Let the user that runs this process read the file.',
      });
    }
  }
}

function remember(value: string): void {
  for (const form of formsOf(value)) told.add(form);
}

/** What was made of secrets, or given for them: the latest ones, since tokens are given again and again. */
const derived = new Set<string>();
const derivedMax = 1000;

/** From now on `redact` takes this out, too: an encoded password, a token that a service has given for one. */
export function rememberDerived(value: string): void {
  for (const form of formsOf(value)) {
    derived.delete(form);
    derived.add(form);
  }
  for (const oldest of derived) {
    if (derived.size <= derivedMax) return;
    derived.delete(oldest);
  }
}

/** As it is, and as it stands in a URL, in a form, and in JSON. */
function formsOf(value: string): string[] {
  const inForm = new URLSearchParams({ '': value }).toString().slice(1);
  const forms = [value, encodeURIComponent(value), inForm, JSON.stringify(value).slice(1, -1)];
  return forms.filter(({ length }) => length >= redactedLengthMin);
}

const unknown = (name: string, where: string): SheafError =>
  new SheafError(
    'SECRET_UNKNOWN',
    `There is no secret ${name} on this machine (${where}; the environment has no value SHEAF_SECRET_${name})`,
    {
      next: `Set SHEAF_SECRET_${name}, or put a file ${name} into the folder given as --secrets, for the coordinator and every worker.`,
    },
  );
