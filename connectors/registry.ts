import { SheafError } from '../shared/errors.ts';
import { didYouMean } from '../shared/nearest.ts';
import type { SinkConnector, SourceConnector } from './contract.ts';

/** What the module of a connector exports: a source, a sink, or both. */
export interface Connector {
  readonly source?: SourceConnector;
  readonly sink?: SinkConnector;
}

interface Entry {
  readonly load: () => Promise<Connector>;
  /** npm packages that it needs and Sheaf does not bring. */
  readonly packages: readonly string[];
}

/** By the name that stands in plans. A module is loaded when its connector is first used in a process. */
const entries = new Map<string, Entry>([
  ['duckdb', { load: () => import('./duckdb/connector.ts'), packages: [] }],
  ['files', { load: () => import('./files/connector.ts'), packages: ['@aws-sdk/client-s3'] }],
  ['logs', { load: () => import('./logs/connector.ts'), packages: ['@aws-sdk/client-s3'] }],
  ['rest', { load: () => import('./rest/connector.ts'), packages: [] }],
  ['postgres', { load: () => import('./postgres/connector.ts'), packages: ['pg', 'pg-copy-streams'] }],
  [
    'redshift',
    { load: () => import('./redshift/connector.ts'), packages: ['@aws-sdk/client-s3', 'pg', 'pg-copy-streams'] },
  ],
]);

/** Adds a connector to this process, for tests: in every process and thread of a cluster, by `node --import`. */
export function registerConnector(
  name: string,
  load: () => Promise<Connector>,
  packages: readonly string[] = [],
): void {
  entries.set(name, { load, packages });
}

/** @throws SheafError `PLAN_INVALID` with the nearest names, `CONNECTOR_MISSING` with the command that installs it */
export async function sourceConnector(name: string): Promise<SourceConnector> {
  const { source } = await connector(name, 'source');
  if (source === undefined) throw cannot(name, 'source');
  return source;
}

/** @throws SheafError `PLAN_INVALID` with the nearest names, `CONNECTOR_MISSING` with the command that installs it */
export async function sinkConnector(name: string): Promise<SinkConnector> {
  const { sink } = await connector(name, 'sink');
  if (sink === undefined) throw cannot(name, 'sink');
  return sink;
}

/** Built in: it needs no module. */
export const collectSink = 'collect';

async function connector(name: string, use: 'source' | 'sink'): Promise<Connector> {
  const entry = entries.get(name);
  if (entry === undefined) throw unknown(name, use);
  try {
    return await entry.load();
  } catch (thrown) {
    throw missingPackage(name, entry, thrown) ?? thrown;
  }
}

function missingPackage(name: string, { packages }: Entry, thrown: unknown): SheafError | undefined {
  const { code, message } = thrown as NodeJS.ErrnoException;
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  const wanted = isMissing ? packages.find((each) => message.includes(`'${each}`)) : undefined;
  if (wanted === undefined) return undefined;
  return new SheafError(
    'CONNECTOR_MISSING',
    `The connector ${name} needs the package ${wanted}, which is not installed`,
    {
      cause: thrown,
      next: `Install it where the coordinator and every worker run: npm install ${wanted}`,
    },
  );
}

function unknown(name: string, use: 'source' | 'sink'): SheafError {
  const names = [...entries.keys(), ...(use === 'sink' ? [collectSink] : [])];
  const close = didYouMean(names, name);
  return new SheafError('PLAN_INVALID', `There is no connector ${name}`, {
    next: [close, `The connectors are: ${names.join(', ') || 'none'}.`].filter(Boolean).join(' '),
  });
}

const cannot = (name: string, use: 'source' | 'sink'): SheafError =>
  new SheafError('PLAN_INVALID', `The connector ${name} is no ${use}`, {
    next: `Choose another connector as the ${use}.`,
  });
