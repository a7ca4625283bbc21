import type { Config } from '../../shared/config/config.ts';
import { isS3 } from '../s3/location.ts';
import type { S3Options } from '../s3/options.ts';
import { objectStore } from '../s3/store.ts';
import { LocalStorage } from './local-storage.ts';
import { S3Storage } from './s3-storage.ts';
import type { Storage } from './storage.ts';

/** The destination that a path names. @throws SheafError `CONNECTOR_MISSING` */
export async function openStorage(path: string, s3: S3Options, config: Config, signal: AbortSignal): Promise<Storage> {
  return isS3(path) ? new S3Storage(path, await objectStore(s3, config), config, signal) : new LocalStorage(path);
}
