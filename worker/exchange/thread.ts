import { parentPort, workerData } from 'node:worker_threads';
import { assert, SheafError } from '../../shared/errors.ts';
import { BulkExchange } from './bulk-exchange.ts';
import type { BulkInput, BulkOptions, BulkOutput } from './protocol.ts';

/** The bulk thread: all of a worker's exchange traffic, so that it never delays a lease renewal or a status. */
const port = parentPort;
assert(port !== null, 'the bulk thread was started as a process');
const answer = (output: BulkOutput): void => port.postMessage(output);

try {
  const exchange = await BulkExchange.start(workerData as BulkOptions);
  port.on('message', (input: BulkInput) => void serve(exchange, input));
  answer({ kind: 'ready', address: exchange.address });
} catch (error) {
  answer({ kind: 'refused', error: SheafError.from(error).toData() });
}

async function serve(exchange: BulkExchange, input: BulkInput): Promise<void> {
  try {
    const output = await exchange.handle(input);
    if (output !== undefined) answer(output);
    if (input.kind === 'close') process.exit(0); // Of this thread.
  } catch (error) {
    assert('id' in input, String(error));
    answer({ kind: 'failed', id: input.id, error: SheafError.from(error).toData() });
  }
}
