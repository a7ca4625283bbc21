/** A piece of a log: lines that begin in bytes `[from, to)` of a file. A compressed file is one piece. */
export type LogPiece = {
  /** Absolute, or `s3://…`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly etag: string | null;
  readonly compression: 'gzip' | 'zstd' | null;
  readonly from: number;
  readonly to: number;
};

/** By the name's ending. */
export function compressionOf(path: string): LogPiece['compression'] {
  if (/\.gz$/i.test(path)) return 'gzip';
  return /\.zst$/i.test(path) ? 'zstd' : null;
}

/** A file as it was listed. */
type ListedFile = Pick<LogPiece, 'path' | 'sizeBytes' | 'modifiedMs' | 'etag'>;

/** Pieces of about so many bytes. */
export function piecesOf(file: ListedFile, pieceBytes: number): LogPiece[] {
  const compression = compressionOf(file.path);
  const { sizeBytes } = file;
  if (compression !== null || sizeBytes <= pieceBytes) return [{ ...file, compression, from: 0, to: sizeBytes }];
  const pieces = Math.ceil(sizeBytes / pieceBytes);
  return Array.from({ length: pieces }, (_, i) => ({
    ...file,
    compression,
    from: Math.floor((sizeBytes * i) / pieces),
    to: Math.floor((sizeBytes * (i + 1)) / pieces),
  }));
}
