import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usedColumns } from '../../../../../coordinator/planner/sql/with-relations.ts';
import type { AstNode } from '../../../../../shared/sql/ast.ts';

const column = (...names: readonly string[]): AstNode => ({ class: 'COLUMN_REF', column_names: names });
const schema = ['a', 'B', 'c'].map((name) => ({ name, type: 'INTEGER' }));
const namesOf = (tree: AstNode, alias: string): string[] =>
  usedColumns(tree, { alias }, schema).map(({ name }) => name);

test('columns are used that are named anywhere; all where a star, or the row itself, may mean them', () => {
  assert.deepEqual(namesOf({ list: [column('t', 'b'), column('C')] }, 't'), ['B', 'c']);
  assert.deepEqual(namesOf({ list: [column('x')] }, 't'), ['a']);
  assert.deepEqual(namesOf({ list: [column('T')] }, 't'), ['a', 'B', 'c']);
  assert.deepEqual(namesOf({ list: [column('a')] }, 'A'), ['a']);
  assert.deepEqual(namesOf({ list: [{ class: 'STAR' }] }, 't'), ['a', 'B', 'c']);
});

test('a text is walked once however many tables it mentions', () => {
  let walks = 0;
  const tree: AstNode = {
    get list() {
      walks++;
      return [column('a')];
    },
  };
  namesOf(tree, 't');
  const once = walks;
  for (let i = 0; i < 100; i++) namesOf(tree, `t${i}`);
  assert.equal(walks, once);
});
