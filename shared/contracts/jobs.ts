import type { ClientStream, ServerStream, Unary } from '../rpc/contract.ts';

/** `proto/jobs.proto`: what clients ask of a coordinator. */
export interface JobsContract {
  readonly hello: Unary<{ version: string }, { version: string; cluster: string; epoch: number }>;
  readonly missingBlobs: Unary<BlobNames, BlobNames>;
  readonly putBlob: Unary<{ sha256: string; content: Uint8Array }, Empty>;
  readonly putDataset: ClientStream<DatasetFrame, DatasetRef>;
  readonly submit: Unary<JobDocument, JobRef>;
  readonly explain: Unary<JobDocument, JobDocument>;
  readonly watch: ServerStream<JobRef, JobUpdate>;
  readonly cancel: Unary<JobRef, Empty>;
  readonly release: Unary<JobRef, Empty>;
  readonly reportLost: Unary<LostPart, Empty>;
  readonly getJob: Unary<JobRef, JobDocument>;
  readonly listJobs: Unary<Empty, JobDocuments>;
  readonly listWorkers: Unary<Empty, JobDocuments>;
  readonly putTable: Unary<JobDocument, JobDocument>;
  readonly dropTable: Unary<JobDocument, Empty>;
  readonly listTables: Unary<Empty, JobDocuments>;
}

/** Fully qualified name of the service. */
export const jobsService = 'sheaf.v1.Jobs';

/** A message without fields. */
export type Empty = Record<string, never>;

/** Names of blobs: SHA-256 in hex. */
export interface BlobNames {
  readonly sha256: readonly string[];
}

/** The first frame's metadata is an encapsulated Arrow schema message, each later frame is a record batch message. */
export interface DatasetFrame {
  readonly metadata: Uint8Array;
  readonly body: Uint8Array;
}

/** A dataset that was uploaded. */
export interface DatasetRef {
  readonly id: string;
  readonly rows: number;
  readonly bytes: number;
}

/** A job's id. */
export interface JobRef {
  readonly job: string;
}

/**
 * JSON of a `JobRequest`, a `JobInfo`, a `WorkerInfo`, an explained plan, or of what `shared/plan/catalog.ts` holds.
 */
export interface JobDocument {
  readonly json: string;
}

/** Several documents. */
export interface JobDocuments {
  readonly json: readonly string[];
}

/** One step of a job's progress. */
export interface JobUpdate {
  /** JSON of a `JobInfo`. */
  readonly infoJson: string;
  /** JSON of a `JobResult` once the job has succeeded, else empty. */
  readonly resultJson: string;
}

/** A part of a result that its reader could not get. */
export interface LostPart {
  readonly job: string;
  readonly stage: number;
  readonly task: number;
  readonly attempt: number;
}
