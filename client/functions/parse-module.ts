import { readFile } from 'node:fs/promises';
import { extname, relative } from 'node:path';
import type { ParserOptions } from 'oxc-parser';
import { SheafError } from '../../shared/errors.ts';
import type { ScopeAnalysis } from './analyze-scopes.ts';
import { analyzeScopes } from './analyze-scopes.ts';
import type { Node, NodeOf, Span } from './ast.ts';

/** A module's text, syntax and names. */
export interface ParsedModule extends ScopeAnalysis {
  /** Absolute path. */
  readonly file: string;
  readonly source: string;
  readonly program: NodeOf<'Program'>;
}

type Language = NonNullable<ParserOptions['lang']>;

const languages: Readonly<Record<string, Language>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
};

/** The language of a module by its name; what is not known is JavaScript. */
const languageOf = (file: string): Language => languages[extname(file)] ?? 'js';

/**
 * Reads and parses a module. Node strips types in place, so positions in TypeScript's text are those at run time.
 *
 * @throws SheafError `FUNCTION_NOT_FOUND` if the file cannot be read or parsed
 */
export async function parseModule(file: string): Promise<ParsedModule> {
  const source = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SheafError('FUNCTION_NOT_FOUND', `The module ${file}, which passed a function, cannot be read`, {
      cause,
      next: 'Run the program from its source files, or export the function from a module that is a file.',
    });
  });
  return parseText(file, source);
}

/** Parses a module's text. The parser is loaded when first used: start-up does not pay for it. */
export async function parseText(file: string, source: string): Promise<ParsedModule> {
  const { parseSync } = await import('oxc-parser');
  const { program, errors } = parseSync(file, source, { lang: languageOf(file), sourceType: 'unambiguous' });
  const error = errors[0];
  if (error !== undefined && program.body.length === 0 && source.trim() !== '') {
    throw new SheafError('FUNCTION_NOT_FOUND', `The module ${file} cannot be parsed: ${error.message}`, {
      next: 'Pass functions from plain TypeScript or JavaScript modules.',
    });
  }
  return { file, source, program, ...analyzeScopes(program as Node) };
}

const lineBreak = /\r\n|[\n\r\u2028\u2029]/g;

/** The offset of a line and column, both from 1; -1 if the text has no such place. */
export function offsetOf(source: string, line: number, column: number): number {
  let start = 0;
  if (line > 1) {
    const before = source
      .matchAll(lineBreak)
      .drop(line - 2)
      .next().value;
    if (before === undefined) return -1;
    start = before.index + before[0].length;
  }
  return start + column - 1 < source.length ? start + column - 1 : -1;
}

/** `file:line` of a place in a module, the file relative to the working directory where it lies within. */
export function placeOf({ file, source }: ParsedModule, at: Span): string {
  const line = [...source.slice(0, at.start).matchAll(lineBreak)].length + 1;
  return `${shortPath(file)}:${line}`;
}

/** A path for messages: relative to the working directory if it lies within. */
export function shortPath(file: string): string {
  const short = relative('', file);
  return short.startsWith('..') ? file : short;
}
