// `gridbook sweep`, and `gridbook run` with workloads of every origin, as a user types them.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Experiment, openStore } from '../../sdk/index.ts';
import { gridbook, recordsOf } from './gridbook-command.ts';

const zod = import.meta.resolve('zod');

const own = `
import { defineWorkload, workloads } from 'gridbook';
import { z } from '${zod}';

export default defineWorkload({
  name: 'own',
  summary: 'squares',
  params: z.object({ size: z.int().positive().default(3).describe('how many'), loud: z.boolean().default(false) }),
  async run({ session, params: { size, loud } }) {
    const squares = await session.map((x: number) => x * x, Array.from({ length: size }, (_, i) => i)).toArray();
    const sum = squares.reduce((a, b) => a + b, 0);
    return { tasks: size, work: size, finding: loud ? 'LOUD' : 'quiet', note: \`the sum is \${sum}, beside \${workloads.pi.name}\` };
  },
});
`;

const valley = `
import { defineWorkload } from 'gridbook';
import { z } from '${zod}';

export default defineWorkload({
  name: 'valley',
  params: z.object({ height: z.number().default(100), pcNum: z.int().positive() }),
  run: ({ params: { height, pcNum } }) => ({
    tasks: pcNum,
    work: 1000,
    durationMs: height * (1 + 0.4 * Math.abs(Math.log(pcNum / 33))),
  }),
});
`;

const failing = `
import { defineWorkload, InvalidArgumentError } from 'gridbook';
import { z } from '${zod}';

export default defineWorkload({
  name: 'failing',
  params: z.object({ size: z.int() }),
  run({ params: { size } }) {
    if (size === 2) throw new Error('no\\nbeads');
    if (size === 3) throw new InvalidArgumentError('size must not be 3');
    return { tasks: 1, work: size };
  },
});
`;

describe('gridbook sweep and run', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridbook-sweep-'));
    await writeFile(join(directory, 'own.ts'), own);
    process.env['GRIDBOOK_HOME'] = directory;
  });
  after(() => rm(directory, { recursive: true }));

  test('sweep prints table, plot and what to choose, writes a report, and keeps the experiment', async () => {
    const [store, report] = [join(directory, 'kept here.sqlite'), join(directory, 'report.html')];
    const { status, stdout, stderr } = await gridbook([
      'sweep',
      'pi',
      ...[
        '--total-count',
        '20000',
        '--pc-num',
        '1..1000:log:4',
        '--repeats',
        '3',
        '--precision',
        '0',
        '--workers',
        '2',
      ],
      ...['--store', store, '--report', report, '--name', 'mine'],
    ]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^pi: total count 20,000, seed 1, 2 workers; found: 3\.1\d+\n/);
    assert.match(stdout, /\n +1,000 +\d.*\n/);
    assert.match(stdout, /\npi is about 3\.1\d*, from \d+ of 20000 points in the circle\n/);
    assert.match(stdout, /\nChoose pc_num \d/);
    assert.match(stdout, /\nTime against pc_num\n/);
    const [, id = ''] =
      /Kept as (\w+): gridbook experiments show \w+ --store '\S+kept here\.sqlite'$/m.exec(stderr) ?? [];
    using kept = openStore(store);
    const { records, name, endedAt } = kept.get(id);
    assert.deepEqual([records.length, name, endedAt !== null], [12, 'mine', true]);
    const again = Experiment.fromJSON(await readFile(report, 'utf8'));
    assert.deepEqual(again.records, records);
  });

  test('a sweep of a range goes on between its values and says so, unless that is switched off', async () => {
    await writeFile(join(directory, 'valley.ts'), valley);
    const args = ['sweep', '--workload', join(directory, 'valley.ts'), '--pc-num', '1..1000:log', '--repeats', '3'];
    const [refined, plain] = [await gridbook([...args, '--json']), await gridbook([...args, '--no-refine', '--json'])];
    assert.equal(refined.status, 0, refined.stderr);
    assert.match(refined.stderr, /The choice is not certain yet: .* \(--no-refine leaves that out\)\n/);
    const splitsOf = (stdout: string): number => new Set(recordsOf(stdout).map(({ pcNum }) => pcNum)).size;
    assert.ok(splitsOf(refined.stdout) > 10, refined.stdout);
    assert.equal(splitsOf(plain.stdout), 10);
    assert.doesNotMatch(plain.stderr, /not certain yet|budget/);
    const listed = await gridbook([...args, '--pc-num', '1,10,100,1000', '--json']);
    assert.equal(splitsOf(listed.stdout), 4);
  });

  test('a sweep whose budget is used up says how much of it was made', async () => {
    await writeFile(join(directory, 'valley.ts'), valley);
    const { status, stderr } = await gridbook([
      ...['sweep', '--workload', join(directory, 'valley.ts'), '--pc-num', '1,10', '--height', '1e9'],
      ...['--budget', '1m', '--warmup', '0', '--store', join(directory, 'budget.sqlite')],
    ]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /The budget is used up: 2 of 10 runs were made\n/);
  });

  test('a sweep that was interrupted is taken up by the same command', async () => {
    const store = join(directory, 'interrupted.sqlite');
    const args = [
      'sweep',
      'spin',
      ...['--total-ms', '20,100000', '--pc-num', '2', '--repeats', '1', '--order', 'grid', '--no-baseline'],
      ...['--warmup', '0', '--workers', '2', '--store', store],
    ];
    const run = (): ReturnType<typeof gridbook> => {
      let interrupted = false;
      return gridbook(args, (text, kill) => {
        if (interrupted || !text.includes('run 2 of 2: total ms 100,000')) return;
        interrupted = true;
        kill('SIGINT');
      });
    };
    const first = await run();
    assert.equal(first.status, 130);
    assert.match(first.stderr, /Interrupted: 1 of 2 runs were done\n/);
    const [, id = ''] = /Kept as (\w+); the same command goes on with it/.exec(first.stderr) ?? [];
    const second = await run();
    assert.match(second.stderr, /^Going on with what was interrupted: 1 run made before \(--no-resume/m);
    assert.match(second.stderr, new RegExp(`Kept as ${id};`));
    using kept = openStore(store);
    assert.deepEqual(
      kept.list().map(({ id: only, recordCount }) => [only, recordCount]),
      [[id, 1]],
    );
  });

  describe('with a workload that fails', () => {
    let path: string;
    before(async () => {
      path = join(directory, 'failing.ts');
      await writeFile(path, failing);
    });
    const options = ['--repeats', '2', '--workers', '1', '--no-baseline'];

    test('sweep says what failed and where, once for all its runs, and measures the rest', async () => {
      const { status, stdout, stderr } = await gridbook(['sweep', '--workload', path, '--size', '1,2', ...options]);
      assert.equal(status, 1, stderr);
      assert.match(stdout, /^Warning: 2 of 4 runs failed: no beads \(2 at size 2\)$/m);
      assert.match(stdout, /^Warning: All runs of 1 point failed, which the table lacks: size 2$/m);
      assert.equal(stderr.match(/^gridbook: run \d of 4: size 2 failed: no beads$/gm)?.length, 2, stderr);
    });

    test('sweep and show say so where all runs failed', async () => {
      const { status, stdout, stderr } = await gridbook(['sweep', '--workload', path, '--size', '2', ...options]);
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, /^All 2 runs failed: nothing was measured$/m);
      const [, id = ''] = /Kept as (\w+): /.exec(stderr) ?? [];
      const shown = await gridbook(['experiments', 'show', id]);
      assert.match(shown.stdout, /^failed +no beads$/m);
      assert.match(shown.stdout, /^Nothing was measured: all runs failed\.$/m);
    });

    test('run writes what it measured before something ended it', async () => {
      const { status, stdout, stderr } = await gridbook(['run', '--workload', path, '--size', '1,3', '--json']);
      assert.equal(status, 2, stderr);
      assert.deepEqual(
        recordsOf(stdout).map(({ size }) => size),
        [1],
      );
      assert.match(stderr, /^Ended early: 1 of 2 runs were done$/m);
      assert.match(stderr, /^gridbook: size must not be 3$/m);
    });
  });

  test('~ in the path of an option is the home directory, which no shell sees behind "="', async (t) => {
    const { HOME } = process.env;
    t.after(() => {
      if (HOME === undefined) delete process.env['HOME'];
      else process.env['HOME'] = HOME;
    });
    process.env['HOME'] = directory;
    const paths = [
      '--workload=~/own.ts',
      '--store=~/at-home.sqlite',
      '--json=~/at-home.json',
      '--report=~/at-home.html',
    ];
    const { status, stderr } = await gridbook(['run', ...paths, '--workers', '1']);
    assert.equal(status, 0, stderr);
    assert.equal(recordsOf(await readFile(join(directory, 'at-home.json'), 'utf8')).length, 1);
    assert.match(await readFile(join(directory, 'at-home.html'), 'utf8'), /^<!doctype html>/);
    const [, id = ''] = /^Kept as (\w+): gridbook experiments show \w+ --store \S+at-home\.sqlite$/m.exec(stderr) ?? [];
    const { stdout } = await gridbook(['experiments', 'show', id, '--store=~/at-home.sqlite']);
    assert.match(stdout, new RegExp(`^${id} +own: own, `));
    const missing = await gridbook(['run', 'markov', '--matrix=~/none.csv']);
    assert.match(missing.stderr, new RegExp(`${directory}/none\\.csv`));
  });

  test('a file that does not take its results costs neither the table nor the other files theirs', async () => {
    const csv = join(directory, 'beside.csv');
    const { status, stdout, stderr } = await gridbook([
      ...['run', 'noop', '--pc-num', '3', '--workers', '1', '--json', '/dev/full', '--csv', csv],
    ]);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /^gridbook: Cannot write to \/dev\/full: ENOSPC/m);
    assert.match(stdout, /^noop: 1 worker\n/);
    assert.equal((await readFile(csv, 'utf8')).trim().split('\n').length, 2);
  });

  test('run takes a workload of a file that finds no package around it, with options for its own parameters', async () => {
    const { status, stdout, stderr } = await gridbook([
      'run',
      ...['--workload', join(directory, 'own.ts'), '--size', '2,4', '--loud', '--workers', '1', '--json'],
    ]);
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      recordsOf(stdout).map(({ workload, size, loud, finding, note, tasks }) => [
        workload,
        size,
        loud,
        finding,
        note,
        tasks,
      ]),
      [
        ['own', 2, true, 'LOUD', 'the sum is 1, beside pi', 2],
        ['own', 4, true, 'LOUD', 'the sum is 14, beside pi', 4],
      ],
    );
  });

  test('--help of a workload says its own parameters', async () => {
    const { status, stdout } = await gridbook(['run', '--workload', join(directory, 'own.ts'), '--help']);
    assert.equal(status, 0);
    assert.match(stdout, /Usage: gridbook run own \[options\]\n\nsquares\n/);
    assert.match(stdout, /--size <n,…> +how many \(default: 3\)/);
    assert.match(stdout, /--loud \[true,false\]/);
  });

  for (const name of ['noop', 'spin', 'matmul', 'pi']) {
    test(`run ${name} works with its defaults made small`, async () => {
      const small =
        {
          noop: ['--pc-num', '10'],
          spin: ['--total-ms', '5'],
          matmul: ['--matrix-size', '20'],
          pi: ['--total-count', '1e4'],
        }[name] ?? [];
      const { status, stdout, stderr } = await gridbook(['run', name, ...small, '--workers', '2']);
      assert.equal(status, 0, stderr);
      assert.match(stdout, new RegExp(`^${name}: `));
    });
  }

  test('what is refused leaves the files of its options as they were', async () => {
    const [report, json] = [join(directory, 'refused.html'), join(directory, 'there.json')];
    await writeFile(json, 'kept');
    const { status, stderr } = await gridbook(['run', 'pi', '--pc-num', '0', '--report', report, '--json', json]);
    assert.equal(status, 2, stderr);
    assert.ok(!existsSync(report));
    assert.equal(await readFile(json, 'utf8'), 'kept');
  });

  const refused: readonly [string, readonly string[], RegExp][] = [
    ['a workload that there is not', ['run', 'abacus'], /There is no workload "abacus"; there are markov, noop/],
    [
      'a file that is not there',
      ['run', '--workload', '/nonexistent.ts'],
      /Cannot load a workload from \/nonexistent\.ts/,
    ],
    ['a range that ends before it begins', ['sweep', 'pi', '--pc-num', '9..1'], /ends before it begins: write 1\.\.9/],
    [
      'a budget that is no time',
      ['sweep', 'pi', '--budget', 'soon'],
      /"soon" is not a time such as 250ms, 90s, 5m or 1h/,
    ],
    ['a precision that is none', ['sweep', 'pi', '--precision', 'high'], /--precision/],
    [
      'a report that cannot be written',
      ['run', 'pi', '--report', '/nonexistent/r.html'],
      /Cannot write to \/nonexistent\/r\.html/,
    ],
  ];
  for (const [what, args, message] of refused) {
    test(`refuses ${what} with one line and status 2`, async () => {
      const { status, stdout, stderr } = await gridbook(args);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, message);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });
  }
});
