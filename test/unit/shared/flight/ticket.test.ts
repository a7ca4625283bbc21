import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTicket } from '../../../../shared/flight/read-ticket.ts';
import { encodeTicket } from '../../../../shared/flight/ticket.ts';

test('tickets of parts and of datasets go over the wire', () => {
  const part = { stage: 1, task: 2, attempt: 3, partition: 4 };
  const bytes = encodeTicket({ kind: 'parts', job: 'j', parts: [part, { ...part, skip: 7 }] });
  assert.equal(String(bytes), '{"job":"j","parts":[[1,2,3,4,0],[1,2,3,4,7]]}');
  const [first, second] = decodeTicket(bytes, 2);
  assert.deepEqual(first, {
    owner: { kind: 'attempt', key: { job: 'j', stage: 1, task: 2, attempt: 3 } },
    partition: 4,
    from: 0,
    to: undefined,
    skip: 0,
  });
  assert.equal(second?.skip, 7);
  const some = encodeTicket({ kind: 'parts', job: 'j', parts: [{ ...part, skip: 1, firstRow: 10, rows: 5 }] });
  assert.deepEqual(decodeTicket(some, 1)[0], { ...first, skip: 1, range: { first: 10, rows: 5 } });
  const dataset = encodeTicket({ kind: 'dataset', dataset: 'd', from: 2, to: 5, skip: 1 });
  assert.deepEqual(decodeTicket(dataset, 1), [
    { owner: { kind: 'dataset', dataset: 'd' }, partition: 0, from: 2, to: 5, skip: 1 },
  ]);
});

test('what is no ticket is refused', () => {
  const bad = [
    '',
    'x',
    '[]',
    '{}',
    '{"job":"j","parts":[]}',
    '{"job":"j","parts":[[1,2,3]]}',
    '{"job":1,"parts":[[0,0,0,0]]}',
  ];
  bad.push('{"job":"j","parts":[[0,0,0,-1]]}', '{"job":"j","parts":[[0,0,0,0.5]]}', '{"dataset":"d","from":0}');
  bad.push('{"job":"j","parts":[[0,0,0,1e300]]}', '{"__proto__":{"job":"j"},"parts":[[0,0,0,0]]}');
  for (const text of bad) assert.throws(() => decodeTicket(Buffer.from(text), 10), { code: 'USAGE' }, text);
  const three = Buffer.from('{"job":"j","parts":[[0,0,0,0],[0,0,0,1],[0,0,0,2]]}');
  assert.throws(() => decodeTicket(three, 2), { code: 'USAGE' });
});
