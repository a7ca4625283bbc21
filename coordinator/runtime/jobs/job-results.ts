import type { Schema as ArrowSchema } from 'apache-arrow';
import { decodeBatch, decodeSchema } from '../../../shared/arrow/ipc.ts';
import type { Config } from '../../../shared/config/config.ts';
import { assert, type ErrorCode, SheafError } from '../../../shared/errors.ts';
import type { FlightClient } from '../../../shared/flight/client.ts';
import type { JobId } from '../../../shared/ids.ts';
import type { JobResult } from '../../../shared/plan/job.ts';
import type { LoadReceipt } from '../../../shared/plan/nodes/load.ts';
import type { ExchangePart } from '../../../shared/stage/exchange-part.ts';
import type { TaskReceipt } from '../../../shared/stage/load-step.ts';
import { createRowReader } from '../../../shared/types/row-reader.ts';
import type { HeldResults } from './held-results.ts';
import type { JobViews } from './job-views.ts';

type ResultRow = Readonly<Record<string, unknown>>;

interface Parts {
  readonly jobs: Pick<JobViews, 'ended'>;
  readonly heldResults: Pick<HeldResults, 'reportLost'>;
  readonly flight: FlightClient;
  readonly config: Config;
}

/** Small results, read by the coordinator itself: receipts, counts. */
export class JobResults {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Receipts of a job whose plan is a `load`: of each task the one that counts, by output. */
  async receipts(id: JobId, signal: AbortSignal): Promise<readonly TaskReceipt[]> {
    const rows = await this.rows(id, signal);
    return rows.map(({ output, task, receipt }) => ({
      output: String(output),
      task: Number(task),
      receipt: JSON.parse(String(receipt)) as LoadReceipt,
    }));
  }

  /**
   * Waits for the job's end and reads its rows. What was lost on the way is made again. The result stays until the job
   * is released.
   *
   * @throws SheafError what the job failed with, `CANCELLED`, `QUOTA_EXCEEDED` for more than `receiptsBytesMax`
   */
  async rows(id: JobId, signal: AbortSignal): Promise<readonly ResultRow[]> {
    const { jobs, heldResults, config } = this.#parts;
    for (let remakes = 0; ; remakes++) {
      const result = await jobs.ended(id, signal);
      checkSize(id, result, config.receiptsBytesMax);
      const rows: ResultRow[] = [];
      const lost = await this.#read(id, result, rows, signal);
      if (lost === undefined) return rows;
      if (remakes >= config.resultRemakesMax) throw lost.error;
      const { stage, task, attempt } = lost.part;
      heldResults.reportLost({ job: id, stage, task, attempt });
    }
  }

  /** Reads all parts; or says which one is gone. */
  async #read(id: JobId, { parts }: JobResult, rows: ResultRow[], signal: AbortSignal): Promise<Lost | undefined> {
    for (const part of parts) {
      if (part.rows === 0) continue;
      try {
        for await (const row of this.#readPart(id, part, signal)) rows.push(row);
      } catch (thrown) {
        const error = SheafError.from(thrown);
        if (signal.aborted || !lostCodes.has(error.code)) throw error;
        return { part, error };
      }
    }
    return undefined;
  }

  async *#readPart(job: JobId, part: ExchangePart, signal: AbortSignal): AsyncGenerator<ResultRow> {
    const { address, stage, task, attempt, partition } = part;
    const ticket = { kind: 'parts', job, parts: [{ stage, task, attempt, partition }] } as const;
    let schema: ArrowSchema | undefined;
    for await (const frame of this.#parts.flight.doGet(address, ticket, { signal })) {
      if (frame.kind === 'schema') schema = decodeSchema(frame.schema);
      else {
        assert(schema !== undefined, 'a pull begins with its schema');
        const batch = decodeBatch(frame.metadata, frame.body);
        const reader = createRowReader(schema.fields);
        reader.bind(batch);
        for (let row = 0; row < batch.rows; row++) yield reader.row(row) as ResultRow;
      }
    }
  }
}

interface Lost {
  readonly part: ExchangePart;
  readonly error: SheafError;
}

/** The part itself could not be read. */
const lostCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['FETCH_FAILED', 'FILE_NOT_FOUND', 'FILE_CORRUPT', 'UNREACHABLE', 'DEADLINE'] as const),
  ...(['CANCELLED', 'QUOTA_EXCEEDED', 'INTERNAL'] as const),
]);

function checkSize(id: JobId, { parts }: JobResult, bytesMax: number): void {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes <= bytesMax) return;
  throw new SheafError('QUOTA_EXCEEDED', `The result of ${id} has ${bytes} bytes; the limit is ${bytesMax}`, {
    next: 'Load with fewer tasks, or raise receiptsBytesMax.',
  });
}
