/**
 * Preloaded into the programs of `sheaf run`. The program ends when the command is gone, by whatever means. An error of ours
 * that nobody catches is printed as the command line prints its own, and ends the program with the exit code of its
 * kind. Others are left as they are.
 */
import { inspect } from 'node:util';

process.on('disconnect', () => process.exit(143));
process.channel?.unref(); // The program ends when it has nothing left to do.

process.once('uncaughtException', async (thrown: unknown) => {
  process.exitCode = 1;
  if (thrown instanceof Error && thrown.name === 'SheafError') {
    const { SheafError } = await import('../shared/errors.ts');
    const { printError } = await import('./output/error.ts');
    // The program may have loaded another copy of the class: what counts is the data.
    const error = SheafError.fromData(thrown as unknown as Parameters<typeof SheafError.fromData>[0]);
    printError(error, { json: process.env.SHEAF_JSON === '1' });
    process.exit(error.exitCode);
  }
  process.stderr.write(`${inspect(thrown)}\n`);
  process.exit(1);
});
