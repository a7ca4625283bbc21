import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { S3Options } from '../../../connectors/s3/options.ts';
import { endGuarded, killGuard } from '../processes/guarded.ts';
import { freePort } from '../processes/processes.ts';
import { versitygw } from './versitygw.ts';

/** A server of its own for a test, on a free port, its buckets in a temporary folder. */
export interface TestS3 extends AsyncDisposable {
  readonly options: S3Options & { readonly endpoint: string };
  /** Where a bucket's objects lie as files. */
  folderOf(bucket: string): string;
  createBucket(name: string): Promise<void>;
  /** Variables with which another process finds it. */
  readonly environment: Readonly<Record<string, string>>;
}

const credentials = { accessKeyId: 'testaccess', secretAccessKey: 'testsecretvalue' };
const region = 'us-east-1';

/** @throws Error that says what to install */
export async function startS3(): Promise<TestS3> {
  const program = versitygw();
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-s3-'));
  const port = await freePort();
  const root = join(folder, 'buckets');
  const side = join(folder, 'metadata');
  await Promise.all([mkdir(root), mkdir(side)]);
  const command = [
    program,
    '--port',
    `127.0.0.1:${port}`,
    '--region',
    region,
    '--quiet',
    '--keep-alive',
    'posix',
    '--sidecar',
    side,
    root,
  ];
  const env = {
    ...process.env,
    ROOT_ACCESS_KEY: credentials.accessKeyId,
    ROOT_SECRET_KEY: credentials.secretAccessKey,
  };
  const shell = spawn('sh', ['-c', killGuard, 'sh', ...command], { stdio: ['pipe', 'ignore', 'inherit'], env });
  const endpoint = `http://127.0.0.1:${port}`;
  await listening(endpoint, shell);
  return {
    options: { endpoint, region, ...credentials },
    environment: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    folderOf: (bucket) => join(root, bucket),
    createBucket: (name) => createBucket(name, { endpoint, region, ...credentials }),
    [Symbol.asyncDispose]: async () => {
      await endGuarded(shell);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function createBucket(name: string, options: TestS3['options']): Promise<void> {
  const { S3Client, CreateBucketCommand } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ endpoint: options.endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: name }));
  client.destroy();
}

async function listening(endpoint: string, shell: ChildProcess): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await fetch(endpoint, { signal: AbortSignal.timeout(1000) });
      return;
    } catch (thrown) {
      if (tries > 200 || shell.exitCode !== null)
        throw new Error(`versitygw does not listen at ${endpoint}`, { cause: thrown });
      await pause(50);
    }
  }
}
