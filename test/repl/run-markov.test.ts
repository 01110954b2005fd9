// `gridbook run markov` as a user types it: real processes, real files.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gridbook, recordsOf } from './gridbook-command.ts';

const small = ['run', 'markov', '--workers', '2', '--total-count', '1e3'];

/** Whoever waits longer than a moment is told how far it is, now and then. */
const progressOnly = /^( *\d+ % .*\n)*$/;

describe('gridbook run markov', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gridbook-command-'));
  });
  after(() => rm(directory, { recursive: true }));

  test('prints a table of all combinations', async () => {
    const { status, stdout, stderr } = await gridbook([
      ...small,
      '--pc-num',
      '1,10',
      '--matrix-size',
      '2,3',
      '--baseline',
    ]);
    assert.equal(status, 0);
    assert.match(stderr, progressOnly);
    const lines = stdout.split('\n');
    assert.match(lines[0] ?? '', /^markov: total count 1,000, .*kernel wasm.*, 2 workers; found: converged$/);
    assert.match(lines[2] ?? '', /^matrix size +pc_num +time .* plain loop +speed-up .* latency p50 /);
    assert.equal(lines.filter((line) => /^ +[23] +(1|10) /.test(line)).length, 4);
    assert.equal(lines.filter((line) => line.startsWith('limit, n = ')).length, 2);
    assert.ok(!stdout.includes('\x1b'), 'colours in a pipe');
  });

  test('--json writes one object with full records to standard output, and nothing else', async () => {
    const { status, stdout, stderr } = await gridbook([
      ...small,
      '--pc-num',
      '7,10',
      '--repeats',
      '2',
      '--seed',
      '5',
      '--json',
    ]);
    assert.equal(status, 0);
    assert.match(stderr, progressOnly);
    const records = recordsOf(stdout);
    assert.deepEqual(
      records.map(({ pcNum, repeat }) => [pcNum, repeat]),
      [
        [7, 1],
        [10, 1],
        [7, 2],
        [10, 2],
      ],
    );
    for (const record of records) {
      assert.equal(record['multiplications'], 999);
      assert.equal(record['seed'], 5);
      assert.equal(record['workers'], 2);
      assert.equal(record['errorRate'], 0);
      for (const name of ['durationMs', 'throughputPerSecond', 'peakMemoryBytes', 'cpuUtilization']) {
        assert.ok(Number(record[name]) > 0, name);
      }
      const latency = Object(record['latencyMs']);
      assert.deepEqual(Object.keys(latency), ['mean', 'p50', 'p90', 'p99']);
      const limit = Object(record['limit']);
      assert.equal(limit.verdict, 'converged');
      assert.equal(limit.stationary.length, 10);
      assert.ok(limit.residual < 1e-12 && limit.rowSpread < 1e-10);
    }
  });

  test('--combine gives the same limit', async () => {
    const plain = recordsOf((await gridbook([...small, '--json'])).stdout)[0];
    const combined = recordsOf((await gridbook([...small, '--pc-num', '100', '--combine', '--json'])).stdout)[0];
    const [a, b] = [Object(plain?.['limit']).stationary, Object(combined?.['limit']).stationary];
    assert.equal(combined?.['combine'], true);
    for (const [i, p] of a.entries()) assert.ok(Math.abs(p - b[i]) < 1e-12);
  });

  test('--json and --csv write files beside the table', async () => {
    const [json, csv] = [join(directory, 'runs.json'), join(directory, 'runs.csv')];
    const { status, stdout } = await gridbook([...small, '--json', json, '--csv', csv]);
    assert.equal(status, 0);
    assert.match(stdout, /total count/);
    assert.equal(recordsOf(await readFile(json, 'utf8')).length, 1);
    const [head, row, end] = (await readFile(csv, 'utf8')).split('\n');
    // Texts with commas stand in quotes.
    assert.equal(head?.split(',').length, row?.replace(/"[^"]*"/g, '').split(',').length);
    assert.equal(end, '');
  });

  test('--csv alone writes to standard output, and nothing else', async () => {
    const { stdout } = await gridbook([...small, '--pc-num', '1,2', '--csv']);
    const lines = stdout.trim().split('\n');
    assert.equal(lines.length, 3);
    assert.match(lines[0] ?? '', /^workload,matrixSize,totalCount,pcNum,/);
    assert.match(lines[1] ?? '', /^markov,10,1000,1,/);
  });

  test('takes the user’s own matrix from a file', async () => {
    const file = join(directory, 'weather.csv');
    await writeFile(file, '0.9,0.1\n0.5,0.5\n');
    const { status, stdout } = await gridbook([...small, '--matrix', file, '--json']);
    assert.equal(status, 0);
    const [record] = recordsOf(stdout);
    assert.equal(record?.['matrixSize'], 2);
    assert.equal(record?.['seed'], null);
    const [sunny] = Object(record?.['limit']).stationary;
    assert.ok(Math.abs(sunny - 5 / 6) < 1e-12);
  });

  const limits: readonly [string, string, RegExp][] = [
    ['a chain that goes round', '[[0,1],[1,0]]', /limit, n = 2: none; the chain goes round with period 2/],
    [
      'one that never leaves where it starts',
      '[[1,0],[0,1]]',
      /depends on the start; .* 2 classes of states: \{1\}, \{2\}/,
    ],
    [
      'a slow one',
      '[[0.9999,0.0001],[0.0001,0.9999]]',
      /total 1,000: not yet; rows differ by 0\.82, a total of \d+,\d+ would/,
    ],
    ['a single state', '[[1]]', /limit, n = 1: 1\.0000/],
  ];
  for (const [what, matrix, note] of limits) {
    test(`says of ${what} what its limit is, or why it has none`, async () => {
      const file = join(directory, 'chain.json');
      await writeFile(file, matrix);
      const { status, stdout } = await gridbook([...small, '--matrix', file]);
      assert.equal(status, 0);
      assert.match(stdout, note);
    });
  }

  test('writes broken JSON off in one line', async () => {
    const file = join(directory, 'broken.json');
    await writeFile(file, '[[0.5,\n0.5],\n}');
    const { status, stderr } = await gridbook([...small, '--matrix', file]);
    assert.equal(status, 2);
    assert.match(stderr, /Cannot use the matrix in .*broken\.json: .* is not valid JSON\n$/);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  });

  test('a signal ends it in the midst of the plain loop, too', async () => {
    const args = [
      'run',
      'markov',
      '--workers',
      '1',
      '--total-count',
      '1e3,1e14',
      '--pc-num',
      '1',
      '--baseline',
      '--json',
    ];
    let interrupted = false;
    const { status, stdout, stderr } = await gridbook(args, (text, kill) => {
      if (interrupted || !text.includes('run 2 of 2: total count 100,000,000,000,000, the plain loop')) return;
      interrupted = true;
      kill('SIGTERM');
    });
    assert.equal(status, 130);
    assert.equal(recordsOf(stdout).length, 1);
    assert.match(stderr, /Interrupted: 1 of 2 runs were done/);
  });

  test('a signal ends it cleanly with what is done so far', async () => {
    const file = join(directory, 'cut.json');
    // The second run would take years.
    const args = ['run', 'markov', '--workers', '1', '--total-count', '1e3,1e14', '--pc-num', '1', '--json', file];
    let interrupted = false;
    const { status, stderr } = await gridbook(args, (text, kill) => {
      if (interrupted || !text.includes('run 2 of 2')) return;
      interrupted = true;
      kill('SIGINT');
    });
    assert.equal(status, 130);
    assert.match(stderr, /Interrupted: 1 of 2 runs were done/);
    assert.equal(recordsOf(await readFile(file, 'utf8')).length, 1);
  });

  const wrong: readonly [string, readonly string[], RegExp][] = [
    ['a count that is none', ['--pc-num', '0'], /pcNum must be at least 1; got 0/],
    ['one such among others, before anything has run', ['--pc-num', '1,0'], /pcNum must be at least 1; got 0/],
    [
      'a number that is too large',
      ['--total-count', '1e30'],
      /totalCount must be at most 9007199254740991; got 1e\+30/,
    ],
    ['a number that is none', ['--total-count', 'many'], /"many" is not a number such as 500000, 500_000 or 5e5/],
    ['a fraction', ['--matrix-size', '2.5'], /matrixSize must be a whole number; got 2\.5/],
    ['more tasks than matrices', ['--total-count', '10', '--pc-num', '100'], /pcNum must be at most totalCount \(10\)/],
    [
      'an unknown kernel',
      ['--kernel', 'abacus'],
      /kernel must be one of auto, js, wasm, wasm-simd, wasm-relaxed-simd, openblas; got "abacus"/,
    ],
    ['a file that is not there', ['--matrix', '/nonexistent.csv'], /Cannot read a matrix from \/nonexistent\.csv/],
    ['a misspelt option', ['--pcnum', '3'], /Did you mean --pc-num/],
    ['two formats for one output', ['--json', '--csv'], /give one of them a file/],
    [
      'a file that cannot be written',
      ['--json', '/nonexistent/runs.json'],
      /Cannot write to \/nonexistent\/runs\.json/,
    ],
    ['too many workers, before anything has run', ['--workers', '1,9999'], /--workers must be from 1 to 512, got 9999/],
    ['more runs than can be listed', ['--repeats', '1e9'], /of which 100000 can be made at once/],
    ['one file for two formats', ['--json', '/tmp/x', '--csv', '/tmp/../tmp/x'], /cannot both write to \/tmp\/x/],
    ['no repeats', ['--repeats', '0'], /--repeats must be at least 1/],
    ['a matrix and a seed', ['--matrix', 'a.csv', '--seed', '1'], /leave one of them out/],
  ];
  for (const [what, args, message] of wrong) {
    test(`refuses ${what} with one line and status 2`, async () => {
      const { status, stdout, stderr } = await gridbook(['run', 'markov', ...args]);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, message);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });
  }

  test('ends with one line and status 1 when the cluster cannot be had', async () => {
    const { status, stdout, stderr } = await gridbook([
      'run',
      'markov',
      '--pc-num',
      '1,2',
      '--address',
      'http://127.0.0.1:1',
    ]);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /No daemon of yours runs at 127\.0\.0\.1:1/);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  });

  test('refuses a matrix whose row does not sum to 1, naming the row and its sum', async () => {
    const file = join(directory, 'wrong.json');
    await writeFile(file, '[[0.5, 0.5], [0.5, 0.25]]');
    const { status, stderr } = await gridbook([...small, '--matrix', file]);
    assert.equal(status, 2);
    assert.match(stderr, /row 2 sums to 0\.75/);
  });
});

describe('gridbook', () => {
  test('--help says what there is, on standard output', async () => {
    const { status, stdout } = await gridbook(['--help']);
    assert.equal(status, 0);
    assert.match(stdout, /Usage: gridbook/);
    assert.match((await gridbook(['run', 'markov', '--help'])).stdout, /--total-count/);
  });

  test('--version is that of the package', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    assert.equal((await gridbook(['--version'])).stdout.trim(), version);
  });

  test('an unknown command is refused with one line and status 2', async () => {
    const { status, stderr } = await gridbook(['walk']);
    assert.equal(status, 2);
    assert.match(stderr, /unknown command 'walk'.*--help/);
    assert.equal(stderr.trim().split('\n').length, 1);
  });
});
