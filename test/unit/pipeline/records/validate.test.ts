import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocument, parseRunRequest } from '../../../../pipeline/records/validate.ts';
import { testDocument } from '../../../support/pipelines/pipeline-runs.ts';

test('a document comes through as it is, in its own order: its version is the hash of its text', () => {
  const document = testDocument();
  assert.equal(JSON.stringify(parseDocument(JSON.stringify(document))), JSON.stringify(document));
});

test('what is no document is refused, with the place', () => {
  const document = testDocument();
  const refuse = (change: object, place: RegExp) =>
    assert.throws(() => parseDocument(JSON.stringify({ ...document, ...change })), place);
  refuse({ name: '../x' }, /PIPELINE_INVALID|name: is no name/);
  refuse({ version: 'x' }, /version: is no SHA-256/);
  refuse({ outputs: [] }, /outputs/);
  refuse({ retry: { attempts: 0, firstDelayMs: 1, delayMsMax: 1 } }, /retry\.attempts/);
  refuse({ sources: { numbers: { node: { kind: 'nothing' }, incremental: true } } }, /sources\.numbers/);
  refuse({ more: 1 }, /more/);
  assert.throws(() => parseDocument('{'), { code: 'PIPELINE_INVALID' });
});

test('an id of a run fits into names of staging tables', () => {
  const request = { pipeline: 'numbers', cause: 'manual', id: 'numbers-1' };
  assert.deepEqual(parseRunRequest(JSON.stringify(request)), request);
  const wrong = JSON.stringify({ ...request, id: `x'; drop table runs` });
  assert.throws(() => parseRunRequest(wrong), /id: is no id of a run/);
});
