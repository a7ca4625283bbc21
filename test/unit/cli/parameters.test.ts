import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addParameter } from '../../../cli/parameters.ts';

test('values are JSON where they are, else text', () => {
  const texts = [
    'origin=SEA',
    '$n=15',
    'x=1.5',
    'yes=true',
    'no=null',
    'zip="01234"',
    'raw=01234',
    'eq=a=b',
    'e=',
    'o={}',
  ];
  const values = texts.reduce<Readonly<Record<string, unknown>>>(
    (before, text) => addParameter(text, before as Parameters<typeof addParameter>[1]),
    {},
  );
  assert.deepEqual(values, {
    origin: 'SEA',
    n: 15n,
    x: 1.5,
    yes: true,
    no: null,
    zip: '01234',
    raw: '01234',
    eq: 'a=b',
    e: '',
    o: '{}',
  });
  assert.deepEqual(addParameter('big=9007199254740993'), { big: 9007199254740993n });
});

test('what has no name, or a name twice, is refused', () => {
  assert.throws(() => addParameter('SEA'), /name=value/);
  assert.throws(() => addParameter('=SEA'), /name=value/);
  assert.throws(() => addParameter('a=1', { a: 2 }), /two values/);
});
