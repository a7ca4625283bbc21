import type { Command } from 'commander';
import { byteSize, newCommand, positiveInteger } from '../command.ts';
import { roleOptions, type WorkerFlags } from '../role-options.ts';

export const workerCommand = (): Command =>
  roleOptions(
    newCommand('worker', 'Run a worker: it runs tasks. Start and stop any number at any time.', [
      ['npx sheaf worker --etcd 127.0.0.1:2379', 'with as many threads as there are processors'],
      ['npx sheaf worker --etcd 127.0.0.1:2379 --threads 2 --memory-limit 4GB', 'with less'],
      ['npx sheaf worker --coordinator 127.0.0.1:7400', 'of a cluster without etcd'],
      [
        'npx sheaf worker --etcd e1:2379 --listen 0.0.0.0:7500 --advertise w1:7500 --token-file token',
        'among machines',
      ],
    ]),
  )
    .option('--coordinator <host:port>', 'the coordinator of a cluster without etcd')
    .option('-t, --threads <n>', 'tasks at a time (default: the processors)', positiveInteger)
    .option(
      '--memory-limit <size>',
      "the kernel's memory (default: half of the machine's, divided by its workers)",
      byteSize,
    )
    .action(async (flags: WorkerFlags) => {
      const { runWorkerCommand } = await import('../run-role.ts');
      await runWorkerCommand(flags);
    });
