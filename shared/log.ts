import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino';
import type { AttemptKey } from './ids.ts';
import { formatLogLine } from './log-line.ts';
import { redact } from './secrets.ts';

export type { Logger } from 'pino';

/** Levels of the log, from the most to the least that is written. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
/** A level of the log. */
export type LogLevel = (typeof logLevels)[number];

/** Where a process logs, and how. */
export interface LogOptions {
  /** Which part of the engine speaks, for example `coordinator`. */
  readonly name: string;
  /** Default `info`. */
  readonly level?: LogLevel;
  /** One readable line per message in place of JSON: for a terminal. Default false. */
  readonly pretty?: boolean;
  /** Colours in readable lines. Default false. */
  readonly color?: boolean;
  /** Texts that must never appear, for example the cluster's token. */
  readonly secrets?: readonly string[];
  /** Where lines go. Default: file descriptor 2, since stdout is data. */
  readonly output?: DestinationStream;
}

const hidden = '[hidden]';
/** Fields that hide their value wherever they stand in the first two levels of a message. */
const secretFields = ['token', 'authorization', 'password', 'secret', 'secretKey', 'accessKey', 'apiKey', 'cookie'];

/** The process's logger. Bind job, stage, task and attempt once, with `bindAttempt`. */
export function createLogger(options: LogOptions): Logger {
  const scrub = scrubber(options.secrets ?? []);
  const output = options.output ?? destination({ fd: 2, sync: true });
  const write = options.pretty
    ? (line: string) => output.write(formatLogLine(scrub(line), options.color ?? false))
    : (line: string) => output.write(scrub(line));
  return pino(
    {
      name: options.name,
      level: options.level ?? 'info',
      base: {},
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err, error: stdSerializers.err },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: hidden },
    },
    { write },
  );
}

/** A child logger that names the attempt (or its job, or its stage) in every line. */
export function bindAttempt(log: Logger, key: Partial<AttemptKey>): Logger {
  const { job, stage, task, attempt } = key;
  return log.child({ job, stage, task, attempt });
}

/** Hides given secrets, those of connectors, bearer tokens and passwords in URLs, wherever they stand in a line. */
function scrubber(secrets: readonly string[]): (line: string) => string {
  const known = secrets.filter((secret) => secret !== '').map((secret) => JSON.stringify(secret).slice(1, -1));
  return (line) =>
    redact(known.reduce((text, secret) => text.replaceAll(secret, hidden), line))
      .replace(/\b(Bearer )[\w.~+/=-]+/gi, `$1${hidden}`)
      .replace(/(\w:\/\/[^\s/:@"]*):[^\s/@"]+@/g, `$1:${hidden}@`);
}
