// What tasks print on the workers of daemons, as the user of a program sees it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ProcessCluster, until } from '../helpers/cluster-process.ts';
import { runScript } from '../helpers/run-script.ts';

/** How much of what one worker prints in a second is shown, in pieces. */
const shownMax = 500;

describe('what tasks print on a cluster', () => {
  let cluster: ProcessCluster;
  before(async () => {
    cluster = await ProcessCluster.open([2]);
  });
  after(() => cluster.close());

  test('is printed by the program, each line after its worker: also by tasks of tasks and actors, and floods are cut', async () => {
    const { code, stdout, stderr } = await runScript('printing-tasks.ts', { args: [cluster.join] });
    assert.equal(code, 0, stderr);
    const lines = stdout.trimEnd().split('\n');
    const said = lines.map((line) => /^\S+-w\d+ \| (.*)$/.exec(line)?.[1] ?? line);
    const floods = said.filter((line) => line === 'flood').length;
    assert.deepEqual(
      said.filter((line) => line !== 'flood'),
      ['spoken', 'in two lines', 'spoken, within', 'by an actor', 'the program itself'],
    );
    assert.equal(lines.at(-1), 'the program itself');
    assert.match(stderr, /^\S+-w\d+ \| spoken, aloud$/m);
    // As many again for each further second that it takes.
    assert.ok(floods >= shownMax - 10 && floods < 20_000, `${floods} of 20,000 lines`);
    assert.match(stderr, /^\S+-w\d+ \| … too much at once/m);
  });

  test('is in the log of the daemon, and there alone where the program wants that', async () => {
    const { code, stdout, stderr } = await runScript('printing-tasks.ts', { args: [cluster.join, 'log'] });
    assert.deepEqual([code, stdout, stderr], [0, 'the program itself\n', '']);
    const isLog = (path: string): boolean => path.endsWith('.log');
    const logs = readdirSync(cluster.home, { recursive: true, encoding: 'utf8' }).filter(isLog);
    const logged = (): string => logs.map((path) => readFileSync(join(cluster.home, path), 'utf8')).join('');
    await until(() => logged().split('"spoken, within"').length === 3); // of both programs
  });
});
