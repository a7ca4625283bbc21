import { z } from 'zod';
import { parseOptions } from '../options.ts';
import { valueTypes } from '../rows/values.ts';
import type { LogFormat } from './format.ts';

/** Which logs are read, and how their lines are written. */
export interface LogOptions {
  /** Absolute paths or `s3://` addresses, with globs. */
  readonly paths: readonly string[];
  readonly format: LogFormat;
  readonly incremental: boolean;
  /** Of object storage: see its connector. */
  readonly s3?: Readonly<Record<string, unknown>> | undefined;
}

const column = z.strictObject({ name: z.string().min(1), type: z.enum(valueTypes) });
const columns = z.array(column).min(1);

const options = z.strictObject({
  paths: z.array(z.string().min(1)).min(1),
  format: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('access') }),
    z.strictObject({ kind: z.literal('json'), columns }),
    z.strictObject({ kind: z.literal('pattern'), pattern: z.string().min(1), flags: z.string(), columns }),
  ]),
  incremental: z.boolean().default(false),
  s3: z.record(z.string(), z.unknown()).optional(),
});

/** @throws SheafError `PLAN_INVALID` naming the option */
export const parseLogOptions = (given: unknown): LogOptions => parseOptions(options, given, 'source.files of a log');

const names: Readonly<Record<LogFormat['kind'], string>> = {
  access: 'an access log',
  json: 'JSON lines',
  pattern: 'the pattern',
};

/** For messages. */
export const logName = ({ format }: LogOptions): string => names[format.kind];
