import { createHash } from 'node:crypto';
import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SheafError } from '../../shared/errors.ts';
import type { Step } from '../../shared/stage/step.ts';

/** Function bundles that this worker has fetched from the coordinator, on disk, each once. */
export class Bundles {
  readonly #directory: string;
  readonly #fetching = new Map<string, Promise<void>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes sure that all functions of the steps are here. `fetch` gets one that is not. */
  async ensure(steps: readonly Step[], fetch: (sha256: string) => Promise<Uint8Array>): Promise<void> {
    const names = steps.flatMap((step) => (step.kind === 'function' ? [step.bundle.sha256] : []));
    await Promise.all(names.map((name) => this.#one(name, fetch)));
  }

  #one(sha256: string, fetch: (sha256: string) => Promise<Uint8Array>): Promise<void> {
    const known = this.#fetching.get(sha256);
    if (known) return known;
    const fetching = this.#fetch(sha256, fetch).catch((error: unknown) => {
      this.#fetching.delete(sha256);
      throw error;
    });
    this.#fetching.set(sha256, fetching);
    return fetching;
  }

  async #fetch(sha256: string, fetch: (sha256: string) => Promise<Uint8Array>): Promise<void> {
    const path = join(this.#directory, sha256);
    if (await exists(path)) return;
    const content = await fetch(sha256);
    if (createHash('sha256').update(content).digest('hex') !== sha256) {
      throw new SheafError('FETCH_FAILED', `The function bundle ${sha256} arrived damaged`, {
        retryable: true,
        next: 'It is fetched again with the next attempt; if it comes again, check the coordinator --blob-dir.',
      });
    }
    await mkdir(this.#directory, { recursive: true });
    await writeFile(`${path}.unfinished`, content);
    await rename(`${path}.unfinished`, path);
  }
}

const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
