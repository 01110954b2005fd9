// `gridbook compare markov` as a user types it, beside real numpy and Ray.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { childEnv, until } from '../helpers/cluster-process.ts';
import { needsPython, python } from '../helpers/python.ts';
import { gridbook, gridbookMain } from './gridbook-command.ts';

const small = ['compare', 'markov', '--workers', '2', '--total-count', '1e3', '--pc-num', '1,10', '--repeats', '2'];

interface Compared {
  runs: { peer: string; pcNum: number | null }[];
  missing: { peer: string }[];
  failures: { message: string }[];
  endedAt: string | null;
}

function comparedOf(json: string): Compared {
  return JSON.parse(json);
}

/** The processes whose environment names a folder. */
function processesOf(folder: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'utf8').includes(folder) ? [Number(name)] : [];
    } catch {
      return []; // it has ended, or is another user's
    }
  });
}

describe('gridbook compare markov', () => {
  let folder: string;
  before(() => {
    // Short: Ray makes sockets below it.
    folder = mkdtempSync(join(tmpdir(), 'gbp-'));
    process.env['GRIDBOOK_HOME'] = folder; // what is interrupted is kept there
  });
  after(() => rmSync(folder, { recursive: true }));

  test('prints a table with a line a peer, says what they are and what is missing, and does the rest', async () => {
    const { status, stdout } = await gridbook([...small, '--with', 'baseline,ray', '--python', '/no/python']);
    assert.equal(status, 0);
    const lines = stdout.split('\n');
    assert.match(lines[0] ?? '', /^ *n +total count +pc_num +peer +time +95 % interval +runs .* times gridbook/);
    assert.match(lines[1] ?? '', /^10 +1,000 +1 +gridbook +\S+ \S+ +\S.* 2 /);
    assert.match(lines[2] ?? '', /^ +baseline .*x$/);
    assert.match(stdout, /^baseline: a plain loop in this process, with the same kernel; 1 worker; Node 24/m);
    assert.match(stdout, /^ray-actors was not measured: there is no \/no\/python\. To have it: .*--python <path>$/m);
    assert.ok(!stdout.includes('\x1b'), 'colours in a pipe');
  });

  test('marks published figures as those of other machines', async () => {
    const args = ['compare', 'markov', '--total-count', '500_000', '--pc-num', '10', '--repeats', '1'];
    const { stdout } = await gridbook(args);
    assert.match(stdout, /^ +\* Ray, one machine with 14 cores +750 ms/m);
    assert.match(stdout, /^\* published by others, who measured it on their machines/m);
  });

  test('what was interrupted is taken up by the same command', async () => {
    const totals = ['--total-count', '10,20,30,40,1e14'];
    const interrupted = () => {
      let isOver = false;
      return gridbook([...small, ...totals, '--pc-num', '1', '--repeats', '1'], (text, kill) => {
        if (isOver || !/total 100,000,000,000,000/.test(text)) return;
        isOver = true;
        kill('SIGINT');
      });
    };
    const told = /^Interrupted: the same command goes on after these (\d) runs?$/m;
    let first = await interrupted();
    // Which total comes first is random.
    while (!told.test(first.stderr)) first = await interrupted();
    assert.equal(first.status, 130, first.stderr);
    const [, count] = told.exec(first.stderr) ?? [];
    const second = await interrupted();
    const [, resumed] =
      /^Going on with what was interrupted: (\d) runs? made before \(--no-resume/m.exec(second.stderr) ?? [];
    assert.equal(resumed, count, second.stderr);
  });

  test('--json, --csv and --report write files beside the table', async () => {
    const [json, csv, report] = ['c.json', 'c.csv', 'c.html'].map((name) => join(folder, name));
    const { status, stdout } = await gridbook([...small, '--json', json!, '--csv', csv!, '--report', report!]);
    assert.equal(status, 0);
    assert.match(stdout, /times gridbook/);
    const { runs } = comparedOf(await readFile(json!, 'utf8'));
    assert.equal(runs.length, 6);
    const rows = (await readFile(csv!, 'utf8')).trimEnd().split('\n');
    assert.match(rows[0] ?? '', /^peer,matrixSize,totalCount,pcNum,repeat,/);
    assert.equal(rows.length, 7);
    const page = await readFile(report!, 'utf8');
    assert.match(page, /<svg/);
    assert.match(page, /Ray, four virtual machines/);
    assert.ok(
      !/<script(?! type="application\/json")|src=|https?:\/\/(?!www\.w3\.org)/.test(page),
      'it needs more than itself',
    );
  });

  const wrong: readonly [string, readonly string[], RegExp][] = [
    ['an unknown peer', ['--with', 'dask'], /There is no peer "dask": there are ray, piscina, gridbook/],
    ['an empty name', ['--with', 'ray,'], /"ray," is not names separated by commas/],
    ['a budget that is no time', ['--budget', 'long'], /"long" is not a time such as/],
    ['two outputs in one place', ['--json', '--csv'], /give one of them a file/],
    ['one file twice', ['--json', '/tmp/x', '--report', '/tmp/x'], /--json and --report cannot both write to \/tmp\/x/],
    ['a file that cannot be written', ['--report', '/nonexistent/c.html'], /Cannot write to \/nonexistent\/c\.html/],
    ['no workers', ['--workers', '0'], /--workers must be from 1 to 512, got 0/],
  ];
  for (const [what, args, message] of wrong) {
    test(`refuses ${what} with one line and status 2`, async () => {
      const { status, stdout, stderr } = await gridbook(['compare', 'markov', ...args]);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, message);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });
  }

  describe('beside numpy', needsPython('numpy'), () => {
    test('numpy finds the same, also with many states and after many multiplications', async () => {
      const sizes = ['--matrix-size', '1,3,40', '--total-count', '1,20_000', '--pc-num', '1', '--repeats', '1'];
      const { status, stdout } = await gridbook([
        'compare',
        'markov',
        '--with',
        'numpy',
        ...sizes,
        '--python',
        python,
        '--json',
      ]);
      const { runs, missing, failures } = comparedOf(stdout);
      assert.deepEqual([missing, failures], [[], []]);
      assert.equal(status, 0);
      assert.equal(runs.filter(({ peer }) => peer === 'numpy').length, 6);
    });
  });

  describe('beside Ray', needsPython('ray', 'numpy'), () => {
    const args = ['--with', 'ray', '--python', python, '--json'];

    /** Begins a comparison whose second total takes Ray at least 20 s, and waits until Ray computes it. */
    async function inTheMidst(file: string) {
      const long = ['--total-count', '100,5e7', '--pc-num', '3', '--repeats', '1', '--workers', '2'];
      const child = spawn(process.execPath, [gridbookMain, 'compare', 'markov', ...long, ...args, file], {
        env: childEnv({ TMPDIR: folder }),
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const ended = once(child, 'exit');
      let said = '';
      const isLong = /ray-\w+: n = 10, total 50,000,000/;
      await new Promise<void>((resolve, reject) => {
        child.once('exit', () => reject(new Error(`It ended: ${said}`)));
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          said += text;
          if (isLong.test(said)) resolve();
        });
      });
      return { child, ended };
    }

    const nothingIsLeft = async (): Promise<void> => {
      await until(() => processesOf(folder).length === 0);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith('gridbook-')),
        [],
      );
    };

    test('all three ways of Ray find the same, and nothing is left of it', async () => {
      const { TMPDIR } = process.env;
      process.env['TMPDIR'] = folder;
      const { status, stdout, stderr } = await gridbook([...small, ...args]);
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
      const { runs, missing, failures } = comparedOf(stdout);
      assert.deepEqual([missing, failures], [[], []]);
      assert.equal(status, 0);
      assert.ok(!/ray::|raylet|INFO|WARNING/.test(stderr), stderr);
      for (const peer of ['ray-tasks', 'ray-actor', 'ray-actors']) {
        assert.equal(runs.filter((run) => run.peer === peer).length, 4, peer);
      }
      await nothingIsLeft();
    });

    test('a signal ends it and all of Ray in the midst of a run, and writes what was measured', async () => {
      const file = join(folder, 'cut.json');
      const { child, ended } = await inTheMidst(file);
      child.kill('SIGINT');
      await ended;
      assert.equal(child.exitCode, 130);
      assert.equal(comparedOf(await readFile(file, 'utf8')).endedAt, null);
      await nothingIsLeft();
    });

    test('Ray ends also when the command is killed', async () => {
      const { child, ended } = await inTheMidst(join(folder, 'killed.json'));
      child.kill('SIGKILL');
      await ended;
      await until(() => processesOf(folder).length === 0);
    });
  });
});
