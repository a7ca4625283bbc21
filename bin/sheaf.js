#!/usr/bin/env node
// Plain JavaScript, so that an older Node can read it and say what it needs.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `sheaf needs Node 24 or later; this is ${process.version}. In a project: npm install --save-dev node@24, then npx sheaf.\n`,
  );
  process.exit(78);
}
// The repository runs its sources; the package holds what was compiled of them.
const { existsSync } = await import('node:fs');
const extension = existsSync(new URL('../cli/main.ts', import.meta.url)) ? 'ts' : 'js';
const [{ enableCompileCache }, { compileCacheFolder }] = await Promise.all([
  import('node:module'),
  import(`../client/local/compile-cache.${extension}`),
]);
enableCompileCache(compileCacheFolder());
await import(`../cli/main.${extension}`);
