import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';

const namePattern = /^[0-9a-f]{64}$/;

/** Function bundles on the coordinator's disk, each named by the SHA-256 of its bytes. */
export class BlobDirectory {
  readonly #directory: string;
  readonly #config: Config;

  constructor(directory: string, config: Config) {
    this.#directory = directory;
    this.#config = config;
  }

  /** Those of the names that are not here yet. */
  async missing(names: readonly string[]): Promise<string[]> {
    const there = await Promise.all(names.map((name) => exists(this.#path(name))));
    return names.filter((_, index) => !there[index]);
  }

  /** @throws SheafError `PLAN_INVALID` if the content is not what its name says, `QUOTA_EXCEEDED` if it is too large */
  async put(name: string, content: Uint8Array): Promise<void> {
    const { blobBytesMax } = this.#config;
    if (content.byteLength > blobBytesMax) {
      throw new SheafError(
        'QUOTA_EXCEEDED',
        `A function bundle has ${content.byteLength} bytes; the limit is ${blobBytesMax}`,
        {
          next: 'Import less in the module that defines the function, or raise blobBytesMax.',
        },
      );
    }
    if (createHash('sha256').update(content).digest('hex') !== name) {
      throw new SheafError(
        'PLAN_INVALID',
        `A function bundle arrived damaged: its bytes do not match its name ${name}`,
      );
    }
    const path = this.#path(name);
    await mkdir(this.#directory, { recursive: true });
    const unfinished = `${path}.${process.pid}.${Math.trunc(performance.now() * 1000)}`;
    await writeFile(unfinished, content);
    await rename(unfinished, path);
  }

  async get(name: string): Promise<Uint8Array> {
    return await readFile(this.#path(name)).catch((cause: unknown) => {
      throw new SheafError('PLAN_INVALID', `The function bundle ${name} is not on this coordinator`, {
        cause,
        next: 'Submit the job again: the client uploads what is missing.',
      });
    });
  }

  #path(name: string): string {
    if (!namePattern.test(name))
      throw new SheafError('PLAN_INVALID', 'The name of a function bundle is a SHA-256 in hex');
    return join(this.#directory, name);
  }
}

const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
