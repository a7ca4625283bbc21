import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from 'oxc-parser';

/** One import of a source file, as written. */
export interface Import {
  readonly specifier: string;
  /** Imports nothing that exists at run time. */
  readonly typeOnly: boolean;
  /** Loaded when it is reached, not when the file is. */
  readonly dynamic: boolean;
  /** The imported file, if it is one of ours. */
  readonly file?: string;
}

/** A source file of the project, named by its path from the root. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly hasDefaultExport: boolean;
}

/** The folders that hold our TypeScript. */
const folders = [
  'shared',
  'connectors',
  'client',
  'coordinator',
  'worker',
  'pipeline',
  'cli',
  'test',
  'bench',
  'examples',
  'scripts',
] as const;

/** Reads and parses every source file. */
export function readSourceTree(): SourceFile[] {
  return globSync(`{${folders.join(',')}}/**/*.ts`)
    .sort()
    .map(readSource);
}

function readSource(name: string): SourceFile {
  const text = readFileSync(name, 'utf8');
  const { staticImports, staticExports, dynamicImports } = parseSync(name, text).module;
  const exported = staticExports.flatMap(({ entries }) => entries);
  const imports: Import[] = [
    ...staticImports.map(({ moduleRequest, entries }) => {
      const typeOnly = entries.length > 0 && entries.every(({ isType }) => isType);
      return importOf(name, moduleRequest.value, typeOnly, false);
    }),
    ...exported.flatMap(({ moduleRequest, isType }) =>
      moduleRequest === null ? [] : [importOf(name, moduleRequest.value, isType, false)],
    ),
    ...dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const literal = /^['"](.+)['"]$/.exec(text.slice(start, end));
      return literal?.[1] === undefined ? [] : [importOf(name, literal[1], false, true)];
    }),
  ];
  const hasDefaultExport = exported.some(({ exportName }) => exportName.kind === 'Default');
  return { name, text, lines: text.split('\n').length - 1, imports, hasDefaultExport };
}

function importOf(importer: string, specifier: string, typeOnly: boolean, dynamic: boolean): Import {
  const imported = { specifier, typeOnly, dynamic };
  if (specifier.startsWith('.')) return { ...imported, file: normalize(join(dirname(importer), specifier)) };
  return specifier === 'sheaf' ? { ...imported, file: 'client/index.ts' } : imported;
}
