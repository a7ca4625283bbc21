import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Listing, SourceConnector } from '../../../connectors/contract.ts';
import { loadConfig, type SettingName } from '../../../shared/config/config.ts';
import type { Json } from '../../../shared/json.ts';
import { createLogger } from '../../../shared/log.ts';
import { provenanceColumns } from '../../../shared/plan/nodes/extract.ts';
import type { Schema } from '../../../shared/schema.ts';
import { createRowReader } from '../../../shared/types/row-reader.ts';

export interface ReadSourceOptions {
  readonly cursor?: Json;
  readonly schema?: Schema;
  /** Also columns of provenance, and rejected rows. Default true. */
  readonly provenance?: boolean;
  readonly settings?: Partial<Record<SettingName, number>>;
  readonly permit?: (key: string, perSecond: number) => Promise<void>;
}

/** Lists and reads a source as a coordinator and a worker would. */
export async function readSource(
  { parse, list, read }: SourceConnector<never, never, never>,
  given: unknown,
  { cursor, schema, provenance = true, settings = {}, permit = () => Promise.resolve() }: ReadSourceOptions = {},
): Promise<{ readonly listing: Listing; readonly rows: Record<string, unknown>[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'sheaf-source-'));
  const common = {
    config: loadConfig({}, settings),
    log: createLogger({ name: 'test', level: 'silent' }),
    signal: new AbortController().signal,
  };
  try {
    const options = (parse as (options: unknown) => never)(given);
    const listing: Listing = await list(options, {
      ...common,
      slots: 4,
      ...(cursor === undefined ? {} : { cursor: cursor as never }),
      ...(schema === undefined ? {} : { schema }),
    });
    const columns = [...listing.schema, ...(provenance ? provenanceColumns : [])];
    const pieces = listing.pieces.map(({ piece }) => piece as never);
    const { schema: fields, batches } = await read(options, pieces, { ...common, columns, directory, permit });
    const rows: Record<string, unknown>[] = [];
    const reader = createRowReader(fields.fields, null);
    for await (const batch of batches) {
      reader.bind(batch);
      for (let row = 0; row < batch.rows; row++) rows.push({ ...reader.row(row) });
    }
    return { listing, rows };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
