/** The command line `sheaf`. Only what every command needs is loaded here: the rest waits until a command runs. */
import { version } from '../shared/version.ts';

/** `sheaf --version` should answer at once. */
if (['--version', '-V'].includes(process.argv[2] ?? '')) process.stdout.write(`${version}\n`);
else await (await import('./program.ts')).runProgram(process.argv.slice(2));
