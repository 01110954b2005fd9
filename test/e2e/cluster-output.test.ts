// What tasks print on the workers of daemons, as the user of a program sees it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect, setCellHost, type TaskOutput } from '../../sdk/index.ts';
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
      ['spoken', 'in two lines', 'spoken, within', 'in pieces', 'left open', 'by an actor', 'the program itself'],
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

  test('is in the log alone where the program wants that, also where cells run', async (t) => {
    const told: string[] = [];
    const onOutput = (output: TaskOutput): number => told.push(output.text);
    setCellHost({ baseUrl: import.meta.url, placeOf: () => undefined, lookUp: () => undefined, onOutput });
    t.after(() => setCellHost(undefined));
    for (const [taskOutput, workers] of [['log'], ['log', 1], ['print'], ['print', 1]] as const) {
      await using session = await connect(cluster.join, { taskOutput, workers });
      await session.remote((word: string) => console.log(word))(`${taskOutput} ${workers}`);
    }
    assert.deepEqual(told, ['print undefined\n', 'print 1\n']);
  });

  test('ends no program whose output was closed', async () => {
    const path = fileURLToPath(new URL('../fixtures/e2e/closed-output-tasks.ts', import.meta.url));
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const program = spawn(process.execPath, [path, cluster.join], { env, timeout: 60_000, killSignal: 'SIGKILL' });
    const ended = Promise.all([text(program.stderr), once(program, 'exit')]);
    program.stdout.once('data', () => program.stdout.destroy());
    program.stdout.once('close', () => program.stdin.end());
    const [stderr, [code]] = await ended;
    assert.deepEqual([code, stderr], [0, 'all tasks ran\nit ended in order\n']);
  });
});
