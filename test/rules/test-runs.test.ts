// `npm test` runs every test that there is, each once.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './source-tree.ts';

test('npm test runs every test file, each once', () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const patterns = ['test:quick', 'test:slow'].flatMap((name) => [
    ...(scripts[name] ?? '').matchAll(/'(test\/[^']+)'/g).map(([, pattern = '']) => pattern),
  ]);
  for (const name of ['test:quick', 'test:slow']) assert.match(scripts['test:installed'] ?? '', new RegExp(name));
  const run = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }));
  assert.deepEqual(run.toSorted(), globSync('test/**/*.test.ts', { cwd: root }).toSorted());
});
