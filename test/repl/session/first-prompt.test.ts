// What is loaded before the first prompt: nothing that only some commands need, or it would come too late.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryHome } from '../../helpers/daemon-home.ts';
import { TestTerminal } from '../../helpers/terminal.ts';

describe('the first prompt', () => {
  test('is there before daemons, schemas, questions, plots and compilers are loaded', async (t) => {
    const noted = join(temporaryHome(t), 'modules');
    const hook = new URL('../../fixtures/e2e/note-modules.ts', import.meta.url).href;
    const terminal = TestTerminal.open(t, ['repl', '--workers', '1'], {
      env: { NODE_OPTIONS: `--import=${hook}`, MODULES_NOTED_IN: noted },
    });
    await terminal.prompt(1);
    terminal.type('\u0004');
    assert.equal(await terminal.exit, 0);
    const urls = readFileSync(noted, 'utf8').split('\n');
    assert.ok(urls.some((url) => url.endsWith('repl/session/prompt.ts')));
    const late =
      /\/daemon\/|node_modules\/(zod|pino|ws|@inquirer|vega|vega-lite|esbuild|wabt|koffi|selfsigned)\/|node:sqlite/;
    assert.deepEqual(
      urls.filter((url) => late.test(url)),
      [],
    );
  });
});
