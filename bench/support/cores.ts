import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The cores that this process may use. */
export function allowedCores(): number[] {
  const [, list = ''] = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Keeps all threads of this process, and what they start from now on, on these cores. */
export function pin(cores: readonly number[]): void {
  const { status, stderr, error } = spawnSync('taskset', ['-acp', cores.join(','), String(process.pid)]);
  if (status !== 0) throw new Error(`taskset: ${error?.message ?? stderr}`);
}
