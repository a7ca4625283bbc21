import type { Command } from 'commander';
import { newCommand } from '../command.ts';
import { type CoordinatorFlags, roleOptions } from '../role-options.ts';

export const coordinatorCommand = (): Command =>
  roleOptions(
    newCommand('coordinator', 'Run a coordinator: it takes jobs and gives their tasks to workers.', [
      ['npx sheaf coordinator --etcd 127.0.0.1:2379 --listen 127.0.0.1:7400', 'with etcd; a second one stands by'],
      [
        'npx sheaf coordinator --etcd 127.0.0.1:2379 --blob-dir /shared/sheaf',
        'jobs outlive it, if all share the folder',
      ],
      ['npx sheaf coordinator --listen 127.0.0.1:7400', 'without etcd: membership ends with this process'],
      ['npx sheaf coordinator --etcd e1:2379,e2:2379 --listen 0.0.0.0:7400 --token-file token', 'for other machines'],
    ]),
  )
    .option('--blob-dir <folder>', 'shared by all coordinators: what jobs need to outlive the one that runs them')
    .action(async (flags: CoordinatorFlags) => {
      const { runCoordinatorCommand } = await import('../run-role.ts');
      await runCoordinatorCommand(flags);
    });
