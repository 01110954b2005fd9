// How soon the prompt is there, and how soon it shows what is typed while all workers are busy.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertWithin, timeOf } from '../../helpers/bar.ts';
import { temporaryHome } from '../../helpers/daemon-home.ts';
import { TestTerminal } from '../../helpers/terminal.ts';

const promptMsMax = 500;
const echoMsMax = 50;
/** So many keys are typed for one try, and the slowest counts. */
const keys = 'abcdefghij';

describe('the prompt', () => {
  test('is there within half a second', async (t) => {
    temporaryHome(t);
    const open = async (): Promise<number> => {
      let terminal: TestTerminal | undefined;
      const ms = await timeOf(async () => {
        terminal = TestTerminal.open(t, ['repl'], { env: { NODE_COMPILE_CACHE: '' } });
        await terminal.prompt(1);
      });
      terminal?.type('\u0004');
      assert.equal(await terminal?.exit, 0);
      return ms;
    };
    await open(); // the very first start compiles everything, and keeps that for those that follow
    await assertWithin(promptMsMax, 'the first prompt', open);
  });

  for (const [what, cell] of [
    ['two long tasks', 'await session.map(() => { for (;;); }, [1, 2]).toArray()'],
    [
      'many short tasks',
      'await session.map(() => { const end = performance.now() + 1; while (performance.now() < end); }, Array(1e7).keys(), { combine: () => undefined }).toArray()',
    ],
  ] as const) {
    test(`shows a key within 50 ms while ${what} run`, async (t) => {
      temporaryHome(t);
      const terminal = TestTerminal.open(t, ['repl', '--workers', '2']);
      await terminal.prompt(1);
      terminal.enter(cell);
      await terminal.until(/2 of 2 workers/);
      await assertWithin(echoMsMax, 'the slowest of ten keys', async () => {
        terminal.type('\u0015');
        await terminal.until(/\] *$/);
        let slowest = 0;
        for (let i = 0; i < keys.length; i++) {
          const typed = keys.slice(0, i + 1);
          const ms = await timeOf(() => {
            terminal.type(typed.slice(-1));
            return terminal.until((text) => text.endsWith(`] ${typed}`));
          });
          slowest = Math.max(slowest, ms);
        }
        return slowest;
      });
      terminal.type('\u0003');
      await terminal.until(/Interrupted/);
    });
  }
});
