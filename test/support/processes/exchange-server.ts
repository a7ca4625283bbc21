/**
 * A Flight server as a process of its own, over the root given as its argument; it prints its address. With `signed`
 * others learn from it where its files lie.
 */
import { loadConfig } from '../../../shared/config/config.ts';
import { signRoot } from '../../../shared/exchange/root-sign.ts';
import { startFlightServer } from '../../../shared/flight/server.ts';
import { FileSource } from '../../../shared/flight/source.ts';

const [, , path = '', signed, token] = process.argv;
const root = signed === 'signed' ? signRoot(path) : undefined;
const config = loadConfig(process.env);
const { address } = await startFlightServer({ source: new FileSource(path, 16), root, config, token });
process.stdout.write(`${address}\n`);
process.stdin.on('end', () => process.exit()).resume();
