import type { ErrorData } from '../../shared/errors.ts';
import type { FileLoaded } from './load-file.ts';

/** Between the coordinator and the thread that loads. */
export type FromThread =
  /** All is in place but the commit. Answered by `go` or `stop`. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly loaded: FileLoaded }
  | { readonly kind: 'failed'; readonly error: ErrorData };

/** The coordinator's answer: commit, or roll back. */
export type ToThread = { readonly kind: 'go' } | { readonly kind: 'stop' };
