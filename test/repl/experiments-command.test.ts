// The real `gridbook experiments` over a real store.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Experiment, openStore } from '../../sdk/index.ts';
import { someDefinition, someExperiment, someRecord, storePath } from '../helpers/kept-experiments.ts';
import { gridbook, type Outcome } from './gridbook-command.ts';

/** A store with three experiments, two of which can be compared. */
function filledStore(t: TestContext): { path: string; run: (...args: string[]) => Promise<Outcome> } {
  const path = storePath(t);
  using store = openStore(path);
  for (const [id, name, workload, factor] of [
    ['aaaa1111', 'before', 'markov', 1],
    ['aaaa2222', 'after', 'markov', 2],
    ['bbbb3333', 'other', 'pi', 1],
  ] as const) {
    store.begin(someExperiment(store, { id, name, definition: someDefinition({ workload }) }));
    for (const pcNum of [1, 10]) {
      for (const repeat of [1, 2, 3]) {
        const durationMs = factor * (100 + repeat / 10);
        store.addRecord(id, someRecord({ workload, params: { totalCount: 1000, pcNum }, repeat, durationMs }));
      }
    }
    store.addFailure(id, { params: { pcNum: 10 }, workers: 2, repeat: 4, message: 'the worker\ndied' });
    if (id !== 'bbbb3333') store.end(id, '2026-01-02T03:05:05.678Z');
  }
  return { path, run: (...args) => gridbook(['experiments', ...args, '--store', path]) };
}

/** A command that could not do what it should: nothing on standard output, one line that says why. */
function assertRefused({ status, stdout, stderr }: Outcome, expected: number, message: RegExp): void {
  assert.equal(stdout, '');
  assert.match(stderr, message);
  assert.match(stderr, /^gridbook: .*\n$/);
  assert.equal(status, expected);
}

describe('gridbook experiments list', () => {
  test('lists all, or those of one workload, as text and as JSON', async (t) => {
    const { run } = filledStore(t);
    const all = await run('list');
    assert.equal(all.status, 0);
    assert.equal(all.stderr, '');
    const lines = all.stdout.trimEnd().split('\n');
    assert.equal(lines.length, 4);
    assert.match(lines[1] ?? '', /^bbbb3333 +other +pi +2026-01-02T03:04:05\.678Z +interrupted +6 +1$/);
    assert.match(lines[2] ?? '', /^aaaa2222 +after +markov +\S+ +ended +60\.0 s +6 +1$/);
    const { stdout } = await run('list', '--workload', 'markov', '--limit', '1', '--json');
    const { experiments } = JSON.parse(stdout);
    assert.deepEqual(
      experiments.map((experiment: { id: string; recordCount: number }) => [experiment.id, experiment.recordCount]),
      [['aaaa2222', 6]],
    );
  });

  test('says so where there are none, and makes no store by a mistyped name', async (t) => {
    const { path, run } = filledStore(t);
    const none = await run('list', '--workload', 'spin');
    assert.deepEqual([none.status, none.stdout], [0, '']);
    assert.match(none.stderr, /^There are no experiments of spin in /);
    const mistyped = `${path}x`;
    assertRefused(
      await gridbook(['experiments', 'list', '--store', mistyped]),
      1,
      /There is no store of experiments at/,
    );
    assert.ok(!existsSync(mistyped));
  });
});

describe('gridbook experiments show', () => {
  test('shows how it was made, its points and charts; as JSON all of it', async (t) => {
    const { run } = filledStore(t);
    const { status, stdout } = await run('show', 'bbb', '--plot', 'time');
    assert.equal(status, 0);
    assert.match(stdout, /^bbbb3333 +other: pi, started 2026-01-02T03:04:05\.678Z, interrupted\n/);
    assert.match(stdout, /failed +the worker died\n/);
    assert.match(stdout, /pc_num +time/);
    assert.match(stdout, /Time against pc_num/);
    const { records, state } = JSON.parse((await run('show', 'before', '--json')).stdout);
    assert.deepEqual([records.length, state], [6, 'ended']);
  });

  test('refuses in a line what is not there, what may be several, and a plot that there is not', async (t) => {
    const { run } = filledStore(t);
    assertRefused(await run('show', 'cccc'), 1, /There is no experiment "cccc"/);
    assertRefused(await run('show', 'aaaa'), 2, /"aaaa" may be aaaa1111 \(before, .*give more of the id/);
    assertRefused(await run('show', 'bbbb', '--plot', 'pie'), 2, /no plot "pie"; there are time, /);
    assertRefused(await run('show'), 2, /missing required argument/);
  });

  test('says in a line what is wrong with a store', async (t) => {
    const { path, run } = filledStore(t);
    writeFileSync(path, 'pcNum,durationMs\n1,2\n');
    assertRefused(await run('show', 'before'), 1, /is no store of experiments/);
  });
});

describe('gridbook experiments export', () => {
  test('writes each format, told by the name of the file', async (t) => {
    const { path, run } = filledStore(t);
    using store = openStore(path);
    const experiment = new Experiment(store.get('before'));
    const file = (ending: string): string => join(dirname(path), `out.${ending}`);
    const contents = {
      json: `${JSON.stringify(experiment, undefined, 2)}\n`,
      csv: experiment.toCSV(),
      md: experiment.toMarkdown(),
    };
    for (const [ending, text] of Object.entries(contents)) {
      assert.deepEqual(await run('export', 'before', '--out', file(ending)), { status: 0, stdout: '', stderr: '' });
      assert.equal(readFileSync(file(ending), 'utf8'), text);
    }
    await run('export', 'before', '--out', file('html'));
    assert.deepEqual(Experiment.fromJSON(readFileSync(file('html'), 'utf8')).records, experiment.records);
    assert.equal((await run('export', 'before', '--format', 'csv')).stdout, contents.csv);
    assert.equal((await run('export', 'before')).stdout, contents.json);
  });

  test('refuses what it cannot write', async (t) => {
    const { path, run } = filledStore(t);
    assertRefused(await run('export', 'before', '--out', 'runs.xlsx'), 2, /runs\.xlsx does not say in which format/);
    assertRefused(await run('export', 'before', '--format', 'xlsx'), 2, /Allowed choices are json, csv, md, html/);
    assertRefused(await run('export', 'before', '--out', join(path, 'x.csv')), 2, /Cannot write to/);
  });
});

test('gridbook experiments compare says what differs and which differences are real', async (t) => {
  const { run } = filledStore(t);
  const { status, stdout } = await run('compare', 'before', 'after');
  assert.equal(status, 0);
  assert.match(stdout, /^A +aaaa1111 +before .*\nB +aaaa2222 +after /m);
  assert.match(stdout, /Made alike/);
  assert.match(stdout, /slower\n/);
  assert.match(stdout, /Of 2 common points, B is slower at 2 \(2\.00 times\)\.\n$/);
  const { points } = JSON.parse((await run('compare', 'aaaa1', 'aaaa2', '--json')).stdout);
  assert.deepEqual(
    points.map(({ isReal, verdict }: { isReal: boolean; verdict: string }) => [isReal, verdict]),
    [
      [true, 'slower'],
      [true, 'slower'],
    ],
  );
  assertRefused(await run('compare', 'before', 'other'), 2, /different workloads/);
});

test('gridbook experiments delete says what it deleted, and deletes nothing when one is not clear', async (t) => {
  const { path, run } = filledStore(t);
  assertRefused(await run('delete', 'before', 'aaaa'), 2, /may be/);
  assertRefused(await run('delete', 'before', 'nix'), 1, /There is no experiment "nix"/);
  const { status, stdout } = await run('delete', 'before', 'bbbb', 'aaaa1111');
  assert.equal(status, 0);
  assert.equal(stdout, 'Deleted aaaa1111, before (markov, 6 runs)\nDeleted bbbb3333, other (pi, 6 runs)\n');
  using store = openStore(path);
  assert.deepEqual(
    store.list().map(({ name }) => name),
    ['after'],
  );
});
