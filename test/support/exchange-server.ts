/** A Flight server as a process of its own, over the root given as its argument; it prints its address. */
import { loadConfig } from '../../shared/config/config.ts';
import { startFlightServer } from '../../shared/flight/server.ts';
import { FileSource } from '../../shared/flight/source.ts';

const [, , root = '', token] = process.argv;
const config = loadConfig(process.env);
const { address } = await startFlightServer({ source: new FileSource(root, 16), config, token });
process.stdout.write(`${address}\n`);
process.stdin.on('end', () => process.exit()).resume();
