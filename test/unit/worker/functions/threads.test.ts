import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { bundleFunction } from '../../../../client/functions/bundle-function.ts';
import { callSite } from '../../../../client/functions/call-site.ts';
import type { AnyFunction } from '../../../../client/functions/find-function.ts';
import { loadConfig } from '../../../../shared/config/config.ts';
import type { ErrorData } from '../../../../shared/errors.ts';
import type { FunctionStep } from '../../../../shared/stage/function-step.ts';
import { placeOfText } from './fixtures/place.ts';
import { counting, throwingAt } from './fixtures/user-functions.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-test-threads-'));
after(() => rmSync(folder, { recursive: true }));

const passed = (fn: AnyFunction) => bundleFunction(fn, callSite('passed', passed), loadConfig());

async function inThread(bundling: ReturnType<typeof passed>, rows: number): Promise<unknown> {
  const { sha256, name, async, code } = await bundling;
  const path = join(folder, sha256);
  writeFileSync(path, code);
  const schema = [
    { name: 'i', type: 'bigint' },
    { name: 'twice', type: 'integer' },
  ];
  const step: FunctionStep = { kind: 'function', mode: 'map', schema, bundle: { sha256, name, async } };
  const thread = new Worker(new URL('./fixtures/thread.ts', import.meta.url), { workerData: { step, path, rows } });
  const [reply] = await once(thread, 'message');
  await thread.terminate();
  return reply;
}

test('each thread has a state of the module of its own', async () => {
  const bundling = passed(counting);
  const expected = [1, 2, 3].map((twice, i) => ({ i: BigInt(i), twice }));
  assert.deepEqual(await Promise.all([inThread(bundling, 3), inThread(bundling, 3)]), [expected, expected]);
});

test('in a thread too, a stack names the lines of the user', async () => {
  const { code, details } = (await inThread(passed(throwingAt), 9)) as ErrorData;
  assert.equal(code, 'FUNCTION_THREW');
  assert.equal(
    details?.stack,
    `RangeError: five
    at throwingAt (${placeOfText("throw new RangeError('five")})`,
  );
});
