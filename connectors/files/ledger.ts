import type { Json } from '../../shared/json.ts';
import { ledgerName } from './names.ts';
import type { Storage } from './storage.ts';

/** The ledger's entry for a load: once it is there, the load has happened. */
export interface LedgerEntry {
  readonly load: string;
  readonly mode: CommitMode;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** Files that this load replaces: not data any more from then on. */
  readonly removed: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  /** For people and programs: the run, its pipeline, its cursors. */
  readonly about: Json;
}

/** `error`: nothing may be there. */
export type CommitMode = 'append' | 'replace' | 'error';

/** The entry of a load, if it has happened. */
export async function ledgerEntry(storage: Storage, load: string): Promise<LedgerEntry | undefined> {
  const bytes = await storage.get(ledgerName(load));
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as LedgerEntry);
}
