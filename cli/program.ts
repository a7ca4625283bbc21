import { Command, CommanderError } from 'commander';
import { exitCodes, SheafError } from '../shared/errors.ts';
import { version } from '../shared/version.ts';
import { configured } from './command.ts';
import { backfillCommand } from './commands/backfill.ts';
import { cancelCommand } from './commands/cancel.ts';
import { coordinatorCommand } from './commands/coordinator.ts';
import { explainCommand } from './commands/explain.ts';
import { jobCommand } from './commands/job.ts';
import { jobsCommand } from './commands/jobs.ts';
import { pipelinesCommand } from './commands/pipelines.ts';
import { replayCommand } from './commands/replay.ts';
import { runCommand } from './commands/run.ts';
import { runInfoCommand } from './commands/run-info.ts';
import { runsCommand } from './commands/runs.ts';
import { scheduleCommand } from './commands/schedule.ts';
import { schedulesCommand } from './commands/schedules.ts';
import { sqlCommand } from './commands/sql.ts';
import { startCommand } from './commands/start.ts';
import { tablesCommand } from './commands/tables.ts';
import { testCommand } from './commands/test.ts';
import { typesCommand } from './commands/types.ts';
import { workerCommand } from './commands/worker.ts';
import { workersCommand } from './commands/workers.ts';
import { printError } from './output/error.ts';

/** In the order of the help: what a newcomer needs first. */
const commands = [
  runCommand,
  sqlCommand,
  testCommand,
  startCommand,
  coordinatorCommand,
  workerCommand,
  jobsCommand,
  jobCommand,
  cancelCommand,
  runsCommand,
  runInfoCommand,
  replayCommand,
  pipelinesCommand,
  scheduleCommand,
  schedulesCommand,
  backfillCommand,
  workersCommand,
  explainCommand,
  tablesCommand,
  typesCommand,
];

/** Runs the command line: data goes to stdout, everything else to stderr. Sets the process's exit code. */
export async function runProgram(args: readonly string[]): Promise<void> {
  process.stdout.on('error', endWithReader);
  try {
    if (args.length === 0) throw new SheafError('USAGE', 'Which command?', { next: 'npx sheaf --help lists them.' });
    await program().parseAsync(args, { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return;
    const error = thrown instanceof CommanderError ? usageError(thrown) : SheafError.from(thrown);
    printError(error, { json: wantsJson(args) });
    process.exitCode = error.exitCode;
  }
}

/** The whole command line, with its commands and help, not run yet. */
export function program(): Command {
  const root = configured(new Command('sheaf'), [
    ['npx sheaf run examples/flights.ts', 'run a program on a cluster of its own'],
    ['npx sheaf sql "select origin, count(*) from \'flights.parquet\' group by all"', 'ask a question'],
    ['npx sheaf start', 'keep a cluster running on this machine'],
    ['npx sheaf run job.ts --cluster 127.0.0.1:7400', 'run a program on a cluster that is there'],
  ])
    .description('Sheaf: SQL and TypeScript over Arrow record batches, on a cluster.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'explain a command');
  for (const command of commands) root.addCommand(command());
  return root;
}

/** Commander's own complaint, with its suggestion as the next step. */
function usageError(thrown: CommanderError): SheafError {
  const [message = '', suggestion] = thrown.message.replace(/^error: /, '').split('\n');
  const next =
    suggestion?.replace(/^\(|\)$/g, '') ?? 'npx sheaf --help shows the commands, npx sheaf COMMAND --help one of them.';
  return new SheafError('USAGE', message.charAt(0).toUpperCase() + message.slice(1), { next });
}

/** What follows `--` belongs to the user's program. */
const wantsJson = (args: readonly string[]): boolean => args.slice(0, endOf(args)).includes('--json');
const endOf = (args: readonly string[]): number => (args.includes('--') ? args.indexOf('--') : args.length);

/** `sheaf sql … | head`: the reader of our output has enough. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.ok);
}
