/**
 * A client as a process, to be killed: starts a job that takes long, and prints its progress. Argument: the cluster.
 */
import { connect } from '../../../client/index.ts';
import { delays } from '../../integration/cluster/delays.ts';
import { Progress } from '../cluster/cluster.ts';

process.stdin.resume().on('end', () => process.exit());
await using client = await connect(process.argv[2]);
const progress = new Progress();
const job = delays(client, progress, 40);
const timer = setInterval(() => {
  if (progress.info) process.stdout.write(`${JSON.stringify(progress.info)}\n`);
}, 50);
await job;
clearInterval(timer);
