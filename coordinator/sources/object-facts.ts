import { rmSync } from 'node:fs';
import type { FileRef } from '../../shared/stage/split.ts';
import type { FileFacts } from './file-facts.ts';

interface Entry {
  readonly facts: FileFacts;
  /** Of its footer. */
  readonly directory: string | undefined;
}

/** What was found out about objects, by path and tag, with the footers that planning asks again. Oldest go first. */
export class ObjectFacts {
  readonly #entries = new Map<string, Entry>();
  readonly #entriesMax: number;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** @param way how it was looked into: other ways find other things out */
  get(file: FileRef, way: string): FileFacts | undefined {
    const key = keyOf(file, way);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.facts;
  }

  /** @param directory is removed with the entry */
  set(file: FileRef, way: string, facts: FileFacts, directory: string | undefined): void {
    this.#entries.set(keyOf(file, way), { facts, directory });
  }

  /** Down to the limit. Between plans: one that is being made may still ask for a footer. */
  trim(): void {
    for (const [key, { directory }] of this.#entries) {
      if (this.#entries.size <= this.#entriesMax) return;
      this.#entries.delete(key);
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    }
  }
}

const keyOf = ({ path, sizeBytes, object }: FileRef, way: string): string =>
  JSON.stringify([path, sizeBytes, object?.etag, way]);
