// The reference of the public names is made without a warning.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../rules/source-tree.ts';
import { makeFolder } from './installed-package.ts';
import { runCommand } from './run-command.ts';

test('typedoc makes the reference by subjects, without a warning', async () => {
  using folder = makeFolder();
  // Its warnings are errors, so that it ends with 0 only if there are none.
  await runCommand(root, join(root, 'node_modules/.bin/typedoc'), ['--out', folder.path]);
  for (const page of [
    'index.html',
    'functions/gridbook.connect.html',
    'interfaces/gridbook.Session.html',
    'functions/gridbook_daemon.startDaemon.html',
    'functions/gridbook_notebook.display.html',
  ]) {
    assert.ok(existsSync(join(folder.path, page)), page);
  }
  const names = readFileSync(join(folder.path, 'modules/gridbook.html'), 'utf8');
  assert.match(names, /Sessions and tasks[\s\S]*>connect<[\s\S]*The markov workload[\s\S]*Experiments[\s\S]*>sweep</);
});
