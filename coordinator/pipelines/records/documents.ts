import type { PipelineDocument } from '../../../pipeline/records/document.ts';
import type { RunCommit } from '../../../pipeline/records/run.ts';
import { SheafError } from '../../../shared/errors.ts';
import { bundlesOf } from '../../../shared/plan/walk.ts';
import { type BlobDirectory, blobName } from '../../runtime/blobs.ts';

type Blobs = Pick<BlobDirectory, 'get' | 'put' | 'remove'>;

/** Documents and decisions: blobs, which records name. */
export class Documents {
  readonly #blobs: Blobs;
  readonly #known = new Map<string, PipelineDocument>();

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /** Its version is the name of its blob. @throws SheafError `PLAN_INVALID` if it is not that of its content */
  async putDocument({ version, ...rest }: PipelineDocument): Promise<void> {
    await this.#blobs.put(version, Buffer.from(JSON.stringify(rest)));
  }

  /** @throws SheafError `PIPELINE_UNKNOWN` if the blob is gone */
  async document(version: string): Promise<PipelineDocument> {
    const known = this.#known.get(version);
    if (known) return known;
    const document = { ...((await this.#read(version)) as PipelineDocument), version };
    if (this.#known.size >= knownMax) this.#known.clear();
    this.#known.set(version, document);
    return document;
  }

  async putCommit(commit: RunCommit): Promise<string> {
    const content = Buffer.from(JSON.stringify(commit));
    const name = blobName(content);
    await this.#blobs.put(name, content);
    return name;
  }

  async commit(name: string): Promise<RunCommit> {
    return (await this.#read(name)) as RunCommit;
  }

  async remove(name: string): Promise<void> {
    await this.#blobs.remove(name);
  }

  async #read(name: string): Promise<unknown> {
    const content = await this.#blobs.get(name).catch((cause: unknown) => {
      throw new SheafError(
        'PIPELINE_UNKNOWN',
        `The pipeline's document ${name.slice(0, 12)} is not on this coordinator`,
        {
          cause,
          next: 'Run it from its file again. Coordinators of one cluster share --blob-dir; an embedded cluster keeps --state-dir.',
        },
      );
    });
    return JSON.parse(Buffer.from(content).toString());
  }
}

/** Parsed documents that are kept at hand. */
const knownMax = 64;

/** Names of the blobs that a document needs, itself included. */
export const blobsOf = ({ version, sources, outputs }: PipelineDocument): string[] => {
  const rules = outputs.flatMap((output) => output.rules);
  const plans = [
    ...Object.values(sources).map(({ node }) => node),
    ...outputs.map(({ plan }) => plan),
    ...rules.flatMap((rule) => (rule.kind === 'foreignKey' ? [rule.plan] : [])),
  ];
  return [version, ...new Set(plans.flatMap(bundlesOf))];
};
