import type { Json } from '../../shared/json.ts';

/** A file at a destination, as a listing shows it. */
export interface StoredFile {
  /** Relative to the destination, with `/` between folders. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** A staged file, which readers do not see yet. `token` is what the storage finds it by. */
export interface StagedFile {
  readonly name: string;
  readonly bytes: number;
  readonly token: Json;
}

/** A destination: a directory, or a prefix of a bucket. Errors name the path as the user wrote it. */
export interface Storage {
  readonly path: string;
  /** Files below a folder, at any depth. */
  list(folder: string): AsyncIterable<StoredFile>;
  get(name: string): Promise<Buffer | undefined>;
  put(name: string, body: Uint8Array): Promise<void>;
  /** @returns false if another was there */
  putIfAbsent(name: string, body: Uint8Array): Promise<boolean>;
  delete(name: string): Promise<void>;
  /**
   * Where a task writes its files before they are staged.
   *
   * @param directory of the attempt, on its worker
   */
  writingDirectory(load: string, attempt: string, directory: string): Promise<string>;
  /** Takes a written file over. It is not seen before it is published. */
  stage(file: string, name: string, load: string): Promise<StagedFile>;
  /**
   * Makes a file visible; again, it changes nothing. @throws SheafError `FILE_NOT_FOUND` if it is neither staged nor
   * there
   */
  publish(file: StagedFile, load: string): Promise<void>;
  /** Removes what a load staged and did not publish, of all its attempts, and what old loads left. */
  discard(load: string): Promise<void>;
}
