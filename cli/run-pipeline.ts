import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../client/cluster.ts';
import { connect, local } from '../client/connect.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { RunInfo } from '../pipeline/records/run.ts';
import { exitCodes, SheafError } from '../shared/errors.ts';
import { printError } from './output/error.ts';
import { print, printJson, say } from './output/print.ts';
import { runText } from './output/run.ts';
import { untilSignal } from './signals.ts';

/** Where a laptop's pipelines are remembered. */
export const defaultStateDirectory = '.sheaf';

/** Of a run by a command, from its flags or from the environment of a program. */
export interface RunFlags {
  readonly cluster?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly stateDir?: string | undefined;
  readonly json: boolean;
}

/** What a command runs, and follows to its end. */
type Start = (cluster: Cluster, options: Parameters<Cluster['pipelines']['run']>[1]) => Promise<RunInfo>;

/** Runs a pipeline once: `sheaf run FILE` where FILE exports one. Prints what it did; sets the exit code. */
export const runPipeline = (pipeline: Pipeline, flags: RunFlags): Promise<void> =>
  runAndPrint((cluster, options) => cluster.pipelines.run(pipeline, options), flags);

/** Loads the rejected rows of a run: `sheaf replay RUN`. */
export const replayRun = (run: string, flags: RunFlags): Promise<void> =>
  runAndPrint((cluster, options) => cluster.pipelines.replay(run, options), flags);

async function runAndPrint(start: Start, flags: RunFlags): Promise<void> {
  using stopping = untilSignal();
  const { signal } = stopping;
  try {
    await using cluster = await openCluster(flags);
    const onProgress = tellStates();
    const info = await start(cluster, { params: flags.params, signal, onProgress });
    await settled(cluster, info, flags);
    await (flags.json ? printJson(info) : print(runText(info, Date.now())));
    tellEnd(info, flags);
  } catch (thrown) {
    if (!signal.aborted) throw thrown; // A command that a signal stopped needs no explanation.
  }
}

/** The cluster that the flags name, or one started for the command, with the state that the last one left. */
async function openCluster({ cluster, tokenFile, stateDir = defaultStateDirectory }: RunFlags): Promise<Cluster> {
  const token = tokenFile === undefined ? {} : { tokenFile };
  if (cluster) return await connect(cluster, token);
  return await local({ ...token, stateDirectory: resolve(stateDir) });
}

/** A line for each state in which people wait. */
function tellStates(): (info: RunInfo) => void {
  let told = '';
  return ({ id, life, attempt }) => {
    const now = `${life.state} ${attempt}${'error' in life ? life.error?.message : ''}`;
    if (now === told || 'endedMs' in life) return;
    told = now;
    if (life.state === 'queued') say(`${id}`);
    if (life.state === 'retrying') say(`Attempt ${attempt} failed (${life.error.message}); it is tried again.`);
    if (life.state === 'committing' && life.error) say(`Not committed yet (${life.error.message}); it is tried again.`);
  };
}

/** A cluster started for the command ends with it: what the run staged is removed before. */
async function settled(cluster: Cluster, { id }: RunInfo, flags: RunFlags): Promise<void> {
  if (flags.cluster) return;
  for (let tries = 0; tries < settleTriesMax; tries += 1) {
    if ((await cluster.pipelines.runInfo(id)).cleaned) return;
    await pause(settlePauseMs);
  }
  say('What the run staged could not be removed yet: the next command does it.');
}

const settleTriesMax = 200;
const settlePauseMs = 50;

function tellEnd({ id, life }: RunInfo, { json }: RunFlags): void {
  if (life.state === 'cancelled') process.exitCode = exitCodes.jobFailed;
  if (life.state !== 'failed') return;
  const error = SheafError.fromData(life.error);
  printError(new SheafError(error.code, error.message, { ...error, details: { run: id, ...error.details } }), { json });
  process.exitCode = error.exitCode;
}

/** Whether there is a folder of state where commands look for one. */
export const hasState = (stateDir: string = defaultStateDirectory): boolean => existsSync(join(stateDir, 'store'));
