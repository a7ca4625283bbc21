/**
 * Preloaded into the programs of `sheaf run`. The program ends when the command is gone, by whatever means. An error of
 * ours that nobody catches is printed as the command line prints its own, and ends the program with the exit code of
 * its kind. Others are left as they are. If the program's default export is a pipeline, it is run when the program has
 * nothing left to do.
 */
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
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

process.once('beforeExit', async () => {
  const [, file] = process.argv;
  if (file === undefined || process.exitCode !== undefined) return;
  // Loaded already: this only looks at what it exports.
  const { default: exported } = (await import(pathToFileURL(realpathSync(file)).href)) as {
    readonly default?: unknown;
  };
  if (!isPipeline(exported)) return;
  const { SHEAF_CLUSTER, SHEAF_TOKEN_FILE, SHEAF_STATE_DIR, SHEAF_JSON, SHEAF_PARAMS = '{}' } = process.env;
  const { runPipeline } = await import('./run-pipeline.ts');
  await runPipeline(exported as Parameters<typeof runPipeline>[0], {
    cluster: SHEAF_CLUSTER || undefined,
    tokenFile: SHEAF_TOKEN_FILE || undefined,
    stateDir: SHEAF_STATE_DIR || undefined,
    json: SHEAF_JSON === '1',
    params: JSON.parse(SHEAF_PARAMS) as Record<string, string>,
  });
});

/** As `isPipeline` of `pipeline/pipeline.ts`, which most programs need not load. */
const isPipeline = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Reflect.get(value, Symbol.for('sheaf.pipeline')) === true;
