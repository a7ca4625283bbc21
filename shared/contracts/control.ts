import type { Bidi, Unary } from '../rpc/contract.ts';

/** `proto/control.proto`: a worker's session with the leader. */
export interface ControlContract {
  readonly session: Bidi<FromWorker, ToWorker>;
  readonly permit: Unary<PermitRequest, { count: number }>;
  readonly getBlob: Unary<{ sha256: string }, { content: Uint8Array }>;
}

/** Asks for up to `count` requests under a limit of the whole cluster. */
export interface PermitRequest {
  readonly key: string;
  readonly perSecond: number;
  readonly count: number;
}

/** Fully qualified name of the service. */
export const controlService = 'sheaf.v1.Control';

/** As proto-loader gives it: one of the fields is set. */
export interface FromWorker {
  readonly hello?: Hello | null;
  readonly heartbeat?: Heartbeat | null;
  readonly finished?: { readonly attempt: AttemptRef | null; readonly outputJson: string } | null;
  readonly failed?: { readonly attempt: AttemptRef | null; readonly failureJson: string } | null;
  readonly draining?: Record<string, never> | null;
}

/** A worker's first message. */
export interface Hello {
  readonly version: string;
  readonly worker: string;
  readonly slots: number;
  readonly exchangeAddress: string;
  readonly host: string;
  readonly pid: number;
}

/** What a worker says of itself at intervals. */
export interface Heartbeat {
  readonly rssBytes: number;
  readonly running: number;
  readonly exchangeBytes: number;
}

/** An attempt's identity on the wire. */
export interface AttemptRef {
  readonly job: string;
  readonly stage: number;
  readonly task: number;
  readonly attempt: number;
}

/** A message of the leader to a worker: one of the optional fields is set. */
export interface ToWorker {
  readonly epoch: number;
  readonly welcome?: { readonly version: string; readonly cluster: string } | null;
  readonly launch?: { readonly taskJson: string } | null;
  readonly cancel?: { readonly attempt: AttemptRef | null; readonly reason: string } | null;
  readonly dropJob?: { readonly job: string } | null;
  readonly drained?: Record<string, never> | null;
}
