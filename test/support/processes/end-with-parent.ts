/**
 * Preloaded into processes that tests start: standard input is a pipe from the test, and its end is the process's end.
 */
import type { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume();
  (process.stdin as Socket).unref();
}
