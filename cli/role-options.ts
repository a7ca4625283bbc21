import { type Command, Option } from 'commander';
import { type LogLevel, logLevels } from '../shared/log.ts';
import type { CommonOptions } from './command.ts';

/** Flags that a coordinator and a worker share. */
export interface RoleFlags extends CommonOptions {
  readonly etcd?: readonly string[];
  readonly name: string;
  readonly listen?: string;
  readonly advertise?: string;
  readonly tokenFile?: string;
  readonly dataDir?: string;
  readonly secrets?: string;
  readonly logLevel: LogLevel;
}

/** Flags of `sheaf coordinator`. */
export interface CoordinatorFlags extends RoleFlags {
  readonly blobDir?: string;
}

/** Flags of `sheaf worker`. */
export interface WorkerFlags extends RoleFlags {
  readonly coordinator?: string;
  readonly threads?: number;
  readonly memoryLimit?: number;
}

/** Adds the flags that a coordinator and a worker share. */
export const roleOptions = (command: Command): Command =>
  command
    .option('--etcd <endpoints>', "etcd's host:port, or several with commas between", (text: string) => text.split(','))
    .option('-n, --name <name>', 'the cluster, where several share one etcd', 'default')
    .option('-l, --listen <host:port>', 'where to listen (default: a free port of 127.0.0.1)')
    .option('--advertise <host:port>', 'how others reach it, if that is another address')
    .option('--token-file <file>', 'demand this token on every port')
    .option('--data-dir <folder>', 'parent of its temporary folder (default: that of the system)')
    .option('--secrets <folder>', 'values of secrets, one file each (beside SHEAF_SECRET_… in the environment)')
    .addOption(new Option('--log-level <level>', 'what to tell on stderr').choices(logLevels).default('info'));
