import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type BundledFunction, bundleFunction } from '../../../../client/functions/bundle-function.ts';
import { loadConfig } from '../../../../shared/config/config.ts';
import { calls as positions } from './fixtures/positions.ts';
import { type RecordedCall, sampleRow } from './fixtures/recorder.ts';
import { calls as shapes } from './fixtures/shapes.ts';

const config = loadConfig();
const folder = mkdtempSync(join(tmpdir(), 'sheaf-test-functions-'));
after(() => rmSync(folder, { recursive: true }));

const bundle = ({ fn, site }: RecordedCall) => bundleFunction(fn, site, config);

async function load({ sha256, code }: BundledFunction): Promise<(row: unknown) => unknown> {
  const file = join(folder, `${sha256}.mjs`);
  writeFileSync(file, code);
  const module = (await import(pathToFileURL(file).href)) as { default: (row: unknown) => unknown };
  return module.default;
}

for (const call of shapes) {
  const text = String(call.fn).replace(/\s+/g, ' ').slice(0, 60);
  test(`a bundled function does what the original does: line ${call.site.line}: ${text}`, async () => {
    const bundled = await load(await bundle(call));
    const original = call.fn as (row: unknown) => unknown;
    assert.deepEqual(await bundled(sampleRow), await original(sampleRow));
  });
}

test('every way to call finds its own function', async () => {
  for (const call of positions) {
    const bundled = await load(await bundle(call));
    assert.equal(bundled(sampleRow), (call.fn as () => unknown)(), `line ${call.site.line}:${call.site.column}`);
  }
});
