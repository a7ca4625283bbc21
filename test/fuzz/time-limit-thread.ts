import { writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { interrupt } from '../../shared/duckdb/interrupt.ts';
import { Cancellation } from '../../worker/pool/cancellation.ts';
import type { TimeMessage } from './time-limit.ts';

const lookEveryMs = 50;

let over: NodeJS.Timeout | undefined;

parentPort?.on('message', (message: TimeMessage) => {
  clearInterval(over);
  if (message === 'ended') return;
  const { seed, limitMs } = message;
  const cancellation = new Cancellation(message.cancellation);
  const sinceMs = performance.now();
  over = setInterval(() => {
    const passedMs = performance.now() - sinceMs;
    if (passedMs < limitMs) return;
    if (passedMs > 2 * limitMs) {
      writeSync(2, `seed ${seed}: no answer within ${limitMs} ms, and nothing that can be interrupted\n`);
      process.kill(process.pid, 'SIGKILL');
    }
    cancellation.request();
    cancellation.interrupt(interrupt);
  }, lookEveryMs);
});
