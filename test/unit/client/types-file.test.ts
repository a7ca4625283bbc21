import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typesFile } from '../../../client/index.ts';

test('a schema becomes a module that says the same', async () => {
  const columns = [
    { name: 'origin', type: 'VARCHAR' },
    { name: 'odd "name\'s', type: 'DECIMAL(18,3)' },
    { name: '__proto__', type: "ENUM('a', 'it''s \\n\u2028')" },
    { name: 'class', type: 'STRUCT("a b" INTEGER)[]' },
  ];
  const text = typesFile(columns, 'flights*/x.parquet\nimport evil');
  assert.doesNotMatch(text, /^import/m);
  const module = (await import(`data:text/javascript,${encodeURIComponent(text.replace(' as const', ''))}`)) as {
    schema: Readonly<Record<string, string>>;
  };
  const read = Object.entries(module.schema).map(([name, type]) => ({ name, type }));
  assert.deepEqual(read, columns);
});
