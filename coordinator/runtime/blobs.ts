import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';

const namePattern = /^[0-9a-f]{64}$/;

/**
 * What must outlive a coordinator and is too bulky for the store: the requests of jobs and the bundles of their
 * functions, each a file named by the SHA-256 of its bytes. The coordinators of a cluster may share the directory.
 */
export class BlobDirectory {
  readonly #directory: string;
  readonly #config: Config;

  readonly #durable: boolean;

  /** @param durable what is written survives the machine, not only the process: costs a wait for the disk */
  constructor(directory: string, config: Config, durable: boolean) {
    this.#directory = directory;
    this.#config = config;
    this.#durable = durable;
  }

  /** Those of the names that are not here yet. What is here counts as used now: no sweep takes it soon. */
  async missing(names: readonly string[]): Promise<string[]> {
    const there = await Promise.all(names.map((name) => touched(this.#path(name))));
    return names.filter((_, index) => !there[index]);
  }

  /** @throws SheafError `PLAN_INVALID` if the content is not what its name says, `QUOTA_EXCEEDED` if it is too large */
  async put(name: string, content: Uint8Array): Promise<void> {
    if (blobName(content) !== name) {
      throw new SheafError('PLAN_INVALID', `A blob arrived damaged: its bytes do not match its name ${name}`, {
        next: 'Send it again.',
      });
    }
    await this.#write(name, content);
  }

  async get(name: string): Promise<Uint8Array> {
    return await readFile(this.#path(name)).catch((cause: unknown) => {
      throw new SheafError('PLAN_INVALID', `The blob ${name} is not on this coordinator`, {
        cause,
        next: 'Submit the job again: the client uploads what is missing.',
      });
    });
  }

  /** Harmless if it is gone. */
  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  /** Removes what nobody has used since the time, except what is named. */
  async sweep(beforeMs: number, used: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#directory).catch(() => [])) {
      if (used.has(name)) continue;
      const path = join(this.#directory, name);
      const found = await stat(path).catch(() => undefined); // Another coordinator may have removed it.
      if (found && found.mtimeMs < beforeMs) await rm(path, { force: true });
    }
  }

  /** Appears whole or not at all: a record in the store may then name it. */
  async #write(name: string, content: Uint8Array): Promise<void> {
    this.#checkSize(content.byteLength);
    const path = this.#path(name);
    await mkdir(this.#directory, { recursive: true });
    const unfinished = `${path}.${randomBytes(6).toString('hex')}`;
    const file = await open(unfinished, 'wx');
    try {
      await file.writeFile(content);
      if (this.#durable) await file.datasync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  }

  #checkSize(bytes: number): void {
    const { blobBytesMax } = this.#config;
    if (bytes <= blobBytesMax) return;
    throw new SheafError(
      'QUOTA_EXCEEDED',
      `A function bundle or plan has ${bytes} bytes; the limit is ${blobBytesMax}`,
      {
        next: 'Import less in the module that defines the function, name files by globs, or raise blobBytesMax.',
      },
    );
  }

  #path(name: string): string {
    if (!namePattern.test(name))
      throw new SheafError('PLAN_INVALID', 'The name of a blob is a SHA-256 in hex', {
        next: 'Use a client of the version that the coordinator has.',
      });
    return join(this.#directory, name);
  }
}

/** What a blob of this content is called. */
export const blobName = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

const touched = async (path: string): Promise<boolean> => {
  const now = new Date();
  return await utimes(path, now, now).then(
    () => true,
    () => false,
  );
};
