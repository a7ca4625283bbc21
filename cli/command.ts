import { Command, Help, InvalidArgumentError } from 'commander';
import { SheafError } from '../shared/errors.ts';
import { parseBytes, parseDuration } from './units.ts';

/** A command line to copy, and what it does. */
type Example = readonly [line: string, meaning: string];

/** What every command takes. */
export interface CommonOptions {
  readonly json?: true;
}

/** What commands that talk to a cluster take. */
export interface ClusterOptions extends CommonOptions {
  readonly cluster?: string;
  readonly tokenFile?: string;
}

/** A command of `sheaf`, whose help begins with examples. */
export const newCommand = (name: string, description: string, examples: readonly Example[]): Command =>
  configured(new Command(name), examples).description(description).option('--json', 'print JSON, errors too');

/** A command that talks to a cluster. */
export const clusterCommand = (name: string, description: string, examples: readonly Example[]): Command =>
  newCommand(name, description, examples)
    .option('-c, --cluster <host:port>', 'the coordinator (default: $SHEAF_CLUSTER)')
    .option('--token-file <file>', 'file with the token of the cluster (default: $SHEAF_TOKEN_FILE)');

/** Errors are thrown, not printed, and help begins with examples. */
export function configured(command: Command, examples: readonly Example[]): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, meaning]) =>
    width > 60 ? `  ${line}\n      ${meaning}` : `  ${line.padEnd(width)}   ${meaning}`,
  );
  return command
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({
      formatHelp: (shown, help) => {
        const rest = Help.prototype.formatHelp.call(help, shown, help);
        const [usage, ...blocks] = rest.split('\n\n');
        const [description, ...more] = blocks;
        return [description, `Examples:\n${lines.join('\n')}`, usage, ...more].join('\n\n');
      },
    });
}

/** A whole number of at least 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It takes a whole number of at least 1.');
}

/** A commander parser for sizes, as {@link parseBytes} reads them: bytes. @throws InvalidArgumentError */
export const byteSize = (text: string): number => orInvalid(() => parseBytes(text));
/** A commander parser for durations, as {@link parseDuration} reads them: milliseconds. @throws InvalidArgumentError */
export const duration = (text: string): number => orInvalid(() => parseDuration(text));

function orInvalid(parse: () => number): number {
  try {
    return parse();
  } catch (error) {
    throw error instanceof SheafError ? new InvalidArgumentError(`${error.message}. ${error.next ?? ''}`) : error;
  }
}
