import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Writes to stdout; resolves when there is room for more, so that a slow reader slows us down. */
export async function print(text: string, output: Writable = process.stdout): Promise<void> {
  if (!output.write(text)) await once(output, 'drain');
}

/** One JSON document, indented for people. */
export const printJson = (value: unknown): Promise<void> => print(`${JSON.stringify(value, undefined, 2)}\n`);

/** A message for people: never data. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`);
