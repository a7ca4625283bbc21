import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { destinationError } from '../../shared/destination-error.ts';
import { SheafError } from '../../shared/errors.ts';
import { stagingFolder } from './names.ts';
import type { StagedFile, Storage, StoredFile } from './storage.ts';

/** A directory that the coordinator and all workers see. */
export class LocalStorage implements Storage {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async *list(folder: string): AsyncGenerator<StoredFile> {
    const root = join(this.path, folder);
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(nothingThere([]));
    for (const entry of entries.filter((each) => each.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const found = await stat(path).catch(nothingThere(undefined));
      const name = relative(this.path, path).split(sep).join('/');
      if (found !== undefined) yield { name, sizeBytes: found.size, modifiedMs: found.mtimeMs };
    }
  }

  async get(name: string): Promise<Buffer | undefined> {
    return await readFile(join(this.path, name)).catch(nothingThere(undefined));
  }

  put(name: string, body: Uint8Array): Promise<void> {
    return this.#told(async () => {
      const passing = await this.#passing(name, body);
      await rename(passing, join(this.path, name));
    });
  }

  /** A link, unlike a rename, fails if the name is taken. */
  putIfAbsent(name: string, body: Uint8Array): Promise<boolean> {
    return this.#told(async () => {
      const passing = await this.#passing(name, body);
      try {
        await link(passing, join(this.path, name));
        return true;
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw thrown;
      } finally {
        await rm(passing, { force: true });
      }
    });
  }

  delete(name: string): Promise<void> {
    return this.#told(() => rm(join(this.path, name), { force: true }));
  }

  async writingDirectory(load: string, attempt: string): Promise<string> {
    const directory = join(this.path, stagingFolder, load, attempt);
    await this.#told(() => mkdir(directory, { recursive: true }));
    return directory;
  }

  async stage(file: string, name: string): Promise<StagedFile> {
    const { size } = await stat(file);
    const handle = await open(file, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    return { name, bytes: size, token: relative(this.path, file) };
  }

  publish({ name, token }: StagedFile): Promise<void> {
    const [from, to] = [join(this.path, String(token)), join(this.path, name)];
    return this.#told(async () => {
      await mkdir(dirname(to), { recursive: true });
      await rename(from, to).catch(async (thrown: NodeJS.ErrnoException) => {
        if (thrown.code !== 'ENOENT' || (await stat(to).catch(nothingThere(undefined))) === undefined) throw thrown;
      });
    });
  }

  discard(load: string): Promise<void> {
    return this.#told(() => rm(join(this.path, stagingFolder, load), { recursive: true, force: true, maxRetries: 3 }));
  }

  async #passing(name: string, body: Uint8Array): Promise<string> {
    const path = join(this.path, `${name}.${randomBytes(6).toString('hex')}.passing`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, body, { flush: true });
    return path;
  }

  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw SheafError.from(destinationError(thrown, this.path));
    }
  }
}

const nothingThere =
  <T>(instead: T) =>
  (thrown: NodeJS.ErrnoException): T => {
    if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') return instead;
    throw thrown;
  };
