// What becomes of a store when processes write at once or are killed, when others lock it, when its file is damaged, of
// another version or no store at all, and when the disk is full.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import type { ExperimentData } from '../../../../sdk/experiments/experiment.ts';
import { openStore } from '../../../../sdk/experiments/store/open-store.ts';
import { GridbookError } from '../../../../sdk/internal.ts';
import { someDefinition, someExperiment, someRecord, storePath } from '../../../helpers/kept-experiments.ts';
import { needs } from '../../../helpers/needs.ts';
import { startStoreProcess } from '../../../helpers/store-process.ts';

const repeatsOf = ({ records }: ExperimentData): number[] => records.map(({ repeat }) => repeat);
const oneTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('several processes with one store', () => {
  test('keep all records of two that write a thousand each at the same time, from the first moment of the file', async (t) => {
    const path = storePath(t);
    const writers = [startStoreProcess(t, path, 'write', 1000), startStoreProcess(t, path, 'write', 1000)];
    assert.deepEqual(await Promise.all(writers.map(({ end }) => end())), [0, 0]);
    using store = openStore(path);
    for (const { lines } of writers) {
      const experiment = store.get(lines[0] ?? '');
      assert.deepEqual(repeatsOf(experiment), oneTo(1000));
      assert.notEqual(experiment.endedAt, null);
      assert.deepStrictEqual(experiment.records[999], someRecord({ repeat: 1000 }));
    }
    assert.equal(store.list().length, 2);
  });

  test('open and close it at the same time', async (t) => {
    const path = storePath(t);
    const writers = Array.from({ length: 6 }, () => startStoreProcess(t, path, 'write', 1));
    assert.deepEqual(await Promise.all(writers.map(({ end }) => end())), [0, 0, 0, 0, 0, 0]);
    using store = openStore(path);
    assert.equal(store.list().filter(({ state, recordCount }) => state === 'ended' && recordCount === 1).length, 6);
  });
});

describe('a process that is killed while it writes', () => {
  for (const after of [1, 40, 150]) {
    test(`leaves every record that was acknowledged: killed after ${after}`, async (t) => {
      const path = storePath(t);
      const writer = startStoreProcess(t, path, 'write', 1_000_000);
      await writer.said(1 + after);
      await writer.end('SIGKILL');
      const acknowledged = writer.lines.length - 1;
      using store = openStore(path);
      const [summary] = store.list();
      assert.equal(summary?.state, 'interrupted');
      const kept = repeatsOf(store.get(summary.id));
      // One more may have been kept than the process had time to say.
      assert.ok(kept.length === acknowledged || kept.length === acknowledged + 1, `${kept.length} of ${acknowledged}`);
      assert.deepEqual(kept, oneTo(kept.length));
    });
  }

  test('loses what it made to the next that asks, which goes on where it ended', async (t) => {
    const path = storePath(t);
    const writer = startStoreProcess(t, path, 'write', 1_000_000);
    await writer.said(10);
    await writer.end('SIGKILL');
    using store = openStore(path);
    assert.equal(store.claimUnfinished(someDefinition({ seed: 2 })), undefined);
    const other = { ...(store.list()[0]?.machine ?? assert.fail()), node: '1.2.3' };
    assert.equal(store.claimUnfinished(someDefinition(), other), undefined);
    const taken = store.claimUnfinished(someDefinition()) ?? assert.fail('nothing to take over');
    const next = taken.records.length + 1;
    store.addRecord(taken.id, someRecord({ repeat: next }));
    store.end(taken.id);
    assert.deepEqual(repeatsOf(store.get(taken.id)), oneTo(next));
    assert.equal(store.claimUnfinished(someDefinition()), undefined);
    store.close();
    assert.deepEqual(readdirSync(dirname(path)), ['experiments.sqlite']);
  });
});

describe('ExperimentStore.claimUnfinished()', () => {
  test('gives an experiment to one of two processes that live, stopped or not', async (t) => {
    const path = storePath(t);
    const killed = startStoreProcess(t, path, 'write', 1_000_000);
    await killed.said(2);
    await killed.end('SIGKILL');
    const claimers = [startStoreProcess(t, path, 'claim'), startStoreProcess(t, path, 'claim')];
    await Promise.all(claimers.map(({ said }) => said(1)));
    const owner = claimers.find(({ lines }) => lines[0] !== 'none') ?? assert.fail('nobody took it over');
    assert.deepEqual(claimers.map(({ lines }) => lines[0]).sort(), [killed.lines[0], 'none'].sort());
    using store = openStore(path);
    owner.child.kill('SIGSTOP');
    assert.equal(store.claimUnfinished(someDefinition()), undefined);
    assert.equal(store.list()[0]?.state, 'running');
    await owner.end('SIGKILL');
    assert.equal(store.list()[0]?.state, 'interrupted');
    assert.equal(store.claimUnfinished(someDefinition())?.id, killed.lines[0]);
    assert.equal(store.claimUnfinished(someDefinition()), undefined); // it is this store's already
  });

  test('takes what a store of this process left when it was closed', (t) => {
    const path = storePath(t);
    const first = openStore(path);
    const experiment = someExperiment(first);
    first.begin(experiment);
    using second = openStore(path);
    assert.equal(second.claimUnfinished(someDefinition()), undefined);
    first.close();
    assert.equal(second.claimUnfinished(someDefinition())?.id, experiment.id);
    second.addRecord(experiment.id, someRecord());
    second.release(experiment.id);
    assert.equal(second.find(experiment.id).state, 'interrupted');
    assert.throws(() => second.addRecord(experiment.id, someRecord()), {
      name: 'StoreError',
      message: /not made here/,
    });
    assert.equal(second.claimUnfinished(someDefinition())?.id, experiment.id);
  });
});

test('ExperimentStore.release() removes what has neither a record nor a failure, and that alone', (t) => {
  using store = openStore(storePath(t));
  const [empty, failed] = [someExperiment(store), someExperiment(store)];
  for (const experiment of [empty, failed]) store.begin(experiment);
  store.addFailure(failed.id, { params: {}, workers: 2, repeat: 1, message: 'The worker died' });
  for (const { id } of [empty, failed]) store.release(id);
  assert.deepEqual(
    store.list().map(({ id, state }) => [id, state]),
    [[failed.id, 'interrupted']],
  );
});

describe('a store that another process has locked', () => {
  test('can be read, and says so when it is written', async (t) => {
    const path = storePath(t);
    openStore(path).close();
    const locker = startStoreProcess(t, path, 'lock');
    await locker.said(1);
    using store = openStore(path, { lockTimeoutMs: 100 });
    assert.deepEqual(store.list(), []);
    const experiment = someExperiment(store);
    const lockedOut = {
      name: 'TimeoutError',
      message: /Cannot keep the experiment: another program has locked .* 0\.1 s/,
    };
    assert.throws(() => store.begin(experiment), lockedOut);
    await locker.end();
    store.begin(experiment);
    store.addRecord(experiment.id, someRecord());
    assert.equal(store.find(experiment.id).recordCount, 1);
  });

  test('says so when it is opened and others are locked out of it, and is waited for', async (t) => {
    const path = storePath(t);
    openStore(path).close();
    const locker = startStoreProcess(t, path, 'lock-out');
    await locker.said(1);
    assert.throws(() => openStore(path, { lockTimeoutMs: 50 }), {
      name: 'TimeoutError',
      message: /Cannot open .*locked/,
    });
    // It waits in a process of its own, and is let in only after the other has ended.
    const waiting = startStoreProcess(t, path, 'claim');
    await locker.end();
    await waiting.said(1);
    assert.deepEqual(waiting.lines, ['none']);
  });
});

/** A store with two experiments in a file that nobody has open. */
function wholeStore(t: TestContext): { path: string; experiments: ExperimentData[] } {
  const path = storePath(t);
  using store = openStore(path);
  for (const name of ['first', 'second']) {
    const experiment = someExperiment(store, { name, startedAt: `2026-01-02T03:04:0${name.length}.000Z` });
    store.begin(experiment);
    for (let repeat = 1; repeat <= 12; repeat++) store.addRecord(experiment.id, someRecord({ repeat }));
    store.addFailure(experiment.id, { params: {}, workers: 1, repeat: 13, message: 'died' });
    store.end(experiment.id, '2026-01-02T04:00:00.000Z');
  }
  return { path, experiments: store.list().map(({ id }) => store.get(id)) };
}

/** Opening is refused with this error, and the file is as it was. */
function assertRefused(path: string, error: { name: string; message: RegExp }): void {
  const before = readFileSync(path);
  assert.throws(() => openStore(path), error);
  assert.ok(readFileSync(path).equals(before), 'the file was changed');
}

describe('a file that is no whole store of this version is refused and left as it was', () => {
  test('one of a newer version, with both named', (t) => {
    const { path } = wholeStore(t);
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 7');
    database.close();
    assertRefused(path, {
      name: 'VersionError',
      message: /is of version 7, .* up to version 1; use the newer Gridbook/,
    });
  });

  test('one of another program, and one that is no database', (t) => {
    const path = storePath(t);
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE bookmarks (url TEXT); PRAGMA user_version = 1');
    database.close();
    assertRefused(path, { name: 'StoreError', message: /database of another program/ });
    for (const text of ['hello', 'pcNum,durationMs\n'.repeat(500)]) {
      writeFileSync(path, text);
      assertRefused(path, { name: 'StoreError', message: /is no store of experiments.*move it away/ });
    }
  });

  test('one that was cut short, and one with a page of nothing', (t) => {
    const { path } = wholeStore(t);
    const { length } = readFileSync(path);
    const copy = `${path}-copy`;
    copyFileSync(path, copy);
    truncateSync(copy, length - 4096);
    assertRefused(copy, { name: 'StoreError', message: /is damaged .*move it away/ });
    copyFileSync(path, copy);
    const bytes = readFileSync(copy);
    bytes.fill(0, length - 8192, length - 4096);
    writeFileSync(copy, bytes);
    assertRefused(copy, { name: 'StoreError', message: /is damaged .*move it away/ });
  });

  test('one with any byte changed, unless everything in it is still what was kept', (t) => {
    const { path, experiments } = wholeStore(t);
    const whole = readFileSync(path);
    const copy = `${path}-copy`;
    let refused = 0;
    const changesCount = 400;
    for (let i = 0; i < changesCount; i++) {
      const bytes = Buffer.from(whole);
      const at = Math.floor((i * whole.length) / changesCount) + (i % 7);
      bytes[at] = bytes[at]! ^ (1 << (i % 8));
      writeFileSync(copy, bytes);
      try {
        using store = openStore(copy);
        const kept = store.list().map(({ id }) => store.get(id));
        assert.deepStrictEqual(kept, experiments, `byte ${at}`);
      } catch (error) {
        assert.ok(error instanceof GridbookError, `byte ${at}: ${error}`);
        assert.doesNotMatch(error.message, /\n/);
        refused += 1;
      }
      for (const suffix of ['-wal', '-shm']) rmSync(`${copy}${suffix}`, { force: true });
    }
    assert.ok(refused > changesCount / 4, `${refused} were refused`);
  });
});

test('a store of which another version is being made in the same moment is waited for, not made twice', async (t) => {
  const path = storePath(t);
  writeFileSync(path, '');
  const database = new DatabaseSync(path);
  t.after(() => database.close());
  database.exec('BEGIN IMMEDIATE');
  const waiting = startStoreProcess(t, path, 'claim');
  database.exec('ROLLBACK');
  await waiting.said(1);
  assert.deepEqual(waiting.lines, ['none']);
});

const canMount = (): boolean =>
  process.platform === 'linux' && spawnSync('unshare', ['--mount', '--map-root-user', 'true']).status === 0;

test(
  'a full disk is named, and loses nothing that was kept',
  needs('leave to mount a small disk', canMount, 'run it as root, or allow user namespaces'),
  (t) => {
    const mountPoint = mkdtempSync(join(tmpdir(), 'gridbook-small-disk-'));
    t.after(() => rmSync(mountPoint, { recursive: true, force: true }));
    const script = new URL('../../../fixtures/store/full-disk.ts', import.meta.url).pathname;
    const output = execFileSync(
      'unshare',
      [
        ...['--mount', '--map-root-user', 'sh', '-c', 'mount -t tmpfs -o size=400k tmpfs "$1" && exec "$2" "$3" "$1"'],
        ...['sh', mountPoint, process.execPath, script],
      ],
      { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const { error, acknowledged, kept, afterwards } = JSON.parse(output);
    assert.match(error, /^StoreError: Cannot keep a record: the disk of .* is full\./);
    assert.ok(acknowledged > 10, `${acknowledged} fit`);
    assert.deepEqual(kept, oneTo(acknowledged));
    assert.equal(afterwards, acknowledged + 1);
  },
);
