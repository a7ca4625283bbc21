import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { SchemaSpec } from '../../shared/schema.ts';
import type { OpenSource } from './source.ts';

/** Rows as record batches. */
export async function rowBatches(
  _items: AsyncIterable<unknown>,
  _schema: SchemaSpec | undefined,
  _config: Config,
): Promise<OpenSource> {
  throw new SheafError('NOT_SUPPORTED', 'Rows cannot be sent yet');
}
