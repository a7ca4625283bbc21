import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const version = '1.30.0';
const folder = fileURLToPath(new URL('../../../node_modules/.cache/onnxruntime/', import.meta.url));
const installed = `${folder}node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`;

/**
 * Installs onnxruntime-node for the tests, once, in a folder of its own: it is an optional peer dependency of 290 MB.
 * Its install script, which only fetches what GPUs need, is not run.
 *
 * @returns the folder whose `node_modules` holds it
 */
export function onnxruntimeFolder(): string {
  if (existsSync(installed)) return folder;
  const options = ['--prefix', folder, '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--prefer-offline'];
  const { status, stderr } = spawnSync('npm', ['install', ...options, `onnxruntime-node@${version}`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`onnxruntime-node@${version} could not be installed: ${stderr}`);
  return folder;
}
