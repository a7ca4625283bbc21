import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { SheafError } from '../errors.ts';
import type { FileOwner } from './layout.ts';

/** `<root>/<job>/<stage>-<task>-<attempt>.exchange`, and likewise for spools; a dataset is there before its job. */
export function exchangePath(root: string, owner: FileOwner): string {
  if (owner.kind === 'dataset') return join(jobPath(root, owner.dataset), 'dataset.exchange');
  if (owner.kind === 'spool') return join(jobPath(root, owner.job), `spool-${name(owner.spool)}.exchange`);
  const { job, stage, task, attempt } = owner.key;
  return join(jobPath(root, job), `${number(stage)}-${number(task)}-${number(attempt)}.exchange`);
}

/** The folder of one job's files. */
export const jobPath = (root: string, job: string): string => join(root, name(job));

let temporaries = 0;

/** A name beside `path` that no other writer has: it carries the job, the attempt, the process and the thread. */
export function temporaryPath(path: string, owner: FileOwner): string {
  temporaries += 1;
  return `${path}.${name(ownerName(owner))}.${process.pid}-${threadId}-${temporaries}.tmp`;
}

function ownerName(owner: FileOwner): string {
  if (owner.kind === 'dataset') return owner.dataset;
  return owner.kind === 'attempt' ? owner.key.job : owner.job;
}

/** Names and numbers come from other processes: none may leave the root. */
function name(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text)) return text;
  throw invalid(`${JSON.stringify(text).slice(0, 140)} is not a name of letters, digits, dots, dashes and underscores`);
}

function number(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(`${value} is not a whole number from 0`);
}

const invalid = (message: string): SheafError =>
  new SheafError('USAGE', `An exchange file cannot be named: ${message}`, { next: 'Ask for a file by its ids.' });
