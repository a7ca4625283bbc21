import { styleText } from 'node:util';
import { printable } from '../../client/format/text.ts';
import type { SheafError } from '../../shared/errors.ts';

/** Prints an error to stderr: for people, or as one line of JSON for programs. */
export function printError(error: SheafError, { json }: { readonly json: boolean }): void {
  process.stderr.write(json ? `${JSON.stringify({ error: error.toData() })}\n` : errorText(error));
}

/** The message, where it happened, and what to do next. Colours only on a terminal. */
export function errorText(error: SheafError): string {
  const { code, message, details = {}, next } = error;
  const lines = [`${paint(['bold', 'red'], `error ${code}`)}  ${indent(message)}`];
  for (const [name, value] of Object.entries(details)) {
    if (value === null || value === '') continue;
    lines.push(`${paint(['dim'], `  ${name}`)}  ${indent(String(value))}`);
  }
  if (next !== undefined) lines.push(`${paint(['cyan'], '  next')}  ${indent(next)}`);
  return `${lines.join('\n')}\n`;
}

/** A terminal's colours, if it has any and NO_COLOR does not forbid them. */
const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
  styleText(style, text, { stream: process.stderr });

/** Stacks and values of many lines stay inside their error; what data holds cannot steer the terminal. */
const indent = (text: string): string => text.split('\n').map(printable).join('\n    ');
