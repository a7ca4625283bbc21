import type { FileRef } from '../../shared/stage/split.ts';

/** What was found out about files, by path, size and modification time: each footer is read once. Oldest go first. */
export class SourceCache {
  readonly #entries = new Map<string, unknown>();
  readonly #entriesMax: number;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** @param way how it was looked into: other ways find other things out */
  get<T>(file: FileRef, way: string): T | undefined {
    const key = keyOf(file, way);
    const entry = this.#entries.get(key) as T | undefined;
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  set(file: FileRef, way: string, facts: unknown): void {
    this.#entries.set(keyOf(file, way), facts);
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#entriesMax) return;
      this.#entries.delete(key);
    }
  }
}

const keyOf = ({ path, sizeBytes, modifiedMs, object }: FileRef, way: string): string =>
  JSON.stringify([path, sizeBytes, modifiedMs, object?.etag, way]);
