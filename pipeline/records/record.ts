/** What the store keeps of a pipeline: small. */
export interface PipelineRecord {
  readonly name: string;
  /** Of the document that was last run or deployed, which is a blob of this name. Runs by name and replays take it. */
  readonly version: string;
  /** The one that its schedule runs, once it is deployed. */
  readonly deployed?: string;
  /** Blobs that these documents need. */
  readonly blobs: readonly string[];
  readonly updatedMs: number;
}
