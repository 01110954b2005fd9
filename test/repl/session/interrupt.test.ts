// Ctrl-C at the prompt in the middle of ten million multiplications: how soon all workers take other tasks.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { assertWithin, timeOf } from '../../helpers/bar.ts';
import { ProcessCluster } from '../../helpers/cluster-process.ts';
import { temporaryHome } from '../../helpers/daemon-home.ts';
import { TestTerminal } from '../../helpers/terminal.ts';

const freeMsMax = 1000;

/** The plain kernel takes seconds for it, so that the key always comes in the middle. */
const multiplications =
  "await markov(session, { matrixSize: 10, totalCount: 1e7, pcNum: 1000, kernel: 'js', onProgress: ({ tasksDone }) => { if (tasksDone > 0 && tasksDone < 1000) started() } })";

/** A task that ends when another one runs at the same time on the other worker. */
const meeting =
  "const meet = (folder: string, n: number) => { fs.writeFileSync(path.join(folder, String(n)), ''); while (!fs.existsSync(path.join(folder, String(1 - n)))); return n + 1 + ' of 2' }";

/** Interrupts the multiplications, again and again, and has two tasks meet on two workers. */
async function assertFreeAfterInterrupt(t: TestContext, terminal: TestTerminal): Promise<void> {
  let number = 1;
  const enter = (cell: string): void => {
    terminal.enter(cell);
    number++;
  };
  await terminal.prompt(number);
  enter(meeting);
  await terminal.prompt(number);
  await assertWithin(freeMsMax, 'all workers free after Ctrl-C', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gridbook-meeting-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    enter(
      `let begun = false; const started = () => { if (!begun) console.log('under', 'way', ${number}); begun = true }`,
    );
    await terminal.prompt(number);
    enter(multiplications);
    await terminal.until(new RegExp(`under way ${number - 2}\\n`));
    return timeOf(async () => {
      terminal.type('\u0003');
      assert.match(await terminal.prompt(number), /Interrupted/);
      enter(`await session.get([0, 1].map((n) => session.remote(meet)(${JSON.stringify(folder)}, n)))`);
      assert.match(await terminal.prompt(number), /1 of 2[\s\S]*2 of 2/);
    });
  });
  terminal.type('\u0004');
  assert.equal(await terminal.exit, 0);
}

describe('Ctrl-C in the middle of 10,000,000 multiplications has all workers free within a second', () => {
  test('threads of the prompt', async (t) => {
    temporaryHome(t);
    await assertFreeAfterInterrupt(t, TestTerminal.open(t, ['repl', '--workers', '2']));
  });

  test('processes of a cluster', async (t) => {
    const cluster = await ProcessCluster.open([2]);
    t.after(() => cluster.close());
    const env = { GRIDBOOK_HOME: cluster.home, GRIDBOOK_ADDRESS: cluster.join };
    await assertFreeAfterInterrupt(t, TestTerminal.open(t, ['repl', '--workers', '2'], { env }));
  });
});
