import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** For `sh -c`: a command that ends when the pipe from this process closes, however this process ended. */
export const killGuard = '"$@" >/dev/null 2>&1 & pid=$!; cat >/dev/null; kill -9 $pid 2>/dev/null';

/** Ends the shell that guards a server, and the server. */
export async function endGuarded(shell: ChildProcess | undefined): Promise<void> {
  if (!shell || shell.exitCode !== null) return;
  const closed = once(shell, 'close');
  shell.stdin?.end();
  await closed;
}
