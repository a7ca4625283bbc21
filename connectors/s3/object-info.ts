/** An object as a listing or a HEAD tells it. */
export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** As the server writes it, with quotes. */
  readonly etag: string;
}
