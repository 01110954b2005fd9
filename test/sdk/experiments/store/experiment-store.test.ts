// What a store keeps, finds, lists and deletes, and that every number comes back as it was.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decode, encode } from '../../../../sdk/experiments/store/exact-json.ts';
import { openStore } from '../../../../sdk/experiments/store/open-store.ts';
import { AuthenticationError, ClosedError, InvalidArgumentError, StoreError } from '../../../../sdk/internal.ts';
import { temporaryHome } from '../../../helpers/daemon-home.ts';
import { someDefinition, someExperiment, someRecord, storePath } from '../../../helpers/kept-experiments.ts';

const failure = { params: { pcNum: 10 }, workers: 2, repeat: 2, message: 'The worker died' };

describe('what an ExperimentStore was given', () => {
  test('is there after it was opened again, number for number and in its order', (t) => {
    const path = storePath(t);
    const store = openStore(path);
    const experiment = someExperiment(store, { name: 'Größe "1"' });
    const odd = someRecord({
      repeat: 3,
      speedUp: -0,
      throughputPerSecond: Number.POSITIVE_INFINITY,
      errorRate: Number.NaN,
      latencyMs: { mean: 0.1 + 0.2, p50: 1 / 3, p90: 5e-324, p99: Number.MAX_VALUE },
      details: { text: '\u0000NaN', twice: '\u0000\u0000', lone: '\ud800', nested: [[], {}, [1e21, 2 ** -1074]] },
    });
    const records = [someRecord({ repeat: 2 }), someRecord(), odd];
    store.begin(experiment);
    for (const record of records) store.addRecord(experiment.id, record);
    store.addFailure(experiment.id, failure);
    store.end(experiment.id, '2026-01-02T03:05:00.000Z');
    store.close();
    using again = openStore(path);
    const kept = again.get(experiment.id);
    assert.deepStrictEqual(kept, { ...experiment, records, failures: [failure], endedAt: '2026-01-02T03:05:00.000Z' });
    assert.ok(Object.is(kept.records[2]?.speedUp, -0));
    assert.deepEqual(Object.keys(kept.definition.axes), Object.keys(experiment.definition.axes));
  });

  test('survives as text, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small' }), fc.double(), fc.string(), (value, number, text) => {
        const given = { value, number, text, marked: `\u0000${text}`, deep: [{ number: [number, `\u0000${number}`] }] };
        // What JSON makes of a negative zero in `value` is fast-check's matter; here it stays one.
        assert.deepStrictEqual(decode(encode(given)), given);
      }),
    );
  });
});

describe('ExperimentStore.begin()', () => {
  test('refuses an id that is taken or of another form, and a name that cannot be shown', (t) => {
    using store = openStore(storePath(t));
    const experiment = someExperiment(store);
    store.begin(experiment);
    assert.throws(() => store.begin(experiment), { name: 'InvalidArgumentError', message: /already in/ });
    for (const id of ['', 'abc', 'A-B-C-D', 'a b c d', 'x'.repeat(41)]) {
      assert.throws(() => store.begin(someExperiment(store, { id })), InvalidArgumentError, id);
    }
    for (const name of ['', 'two\nlines', '\u001b[31mred', 'x'.repeat(201)]) {
      assert.throws(() => store.begin(someExperiment(store, { name })), InvalidArgumentError, name);
    }
    assert.equal(store.list().length, 1);
  });
});

describe('adding to an experiment', () => {
  test('is refused when it ended, was deleted, or was begun elsewhere', (t) => {
    const path = storePath(t);
    using store = openStore(path);
    using other = openStore(path);
    const experiment = someExperiment(store);
    store.begin(experiment);
    assert.throws(() => other.addRecord(experiment.id, someRecord()), { name: 'StoreError', message: /not made here/ });
    assert.throws(() => other.end(experiment.id), { name: 'StoreError', message: /not made here/ });
    assert.throws(() => other.delete(experiment.id), { name: 'StoreError', message: /being made/ });
    store.end(experiment.id);
    for (const add of [
      () => store.addRecord(experiment.id, someRecord()),
      () => store.addFailure(experiment.id, failure),
    ]) {
      assert.throws(add, { name: 'StoreError', message: /has ended/ });
    }
    other.delete(experiment.id);
    assert.throws(() => store.addRecord(experiment.id, someRecord()), { name: 'StoreError', message: /deleted/ });
  });
});

describe('ExperimentStore.find()', () => {
  test('takes an id, the beginning of one, or a name, and refuses what may be several', (t) => {
    using store = openStore(storePath(t));
    for (const [id, name] of [
      ['aaaa1111', 'first'],
      ['aaaa2222', 'second'],
      ['bbbb3333', 'aaaa'],
      ['cccc4444', 'markov'],
      ['dddd5555', 'markov'],
      ['aaaa', 'short'],
    ] as const) {
      store.begin(someExperiment(store, { id, name }));
    }
    const found = (reference: string): string => store.find(reference).id;
    assert.equal(found('aaaa1'), 'aaaa1111');
    assert.equal(found('AAAA2222'), 'aaaa2222');
    assert.equal(found('second'), 'aaaa2222');
    assert.equal(found('b'), 'bbbb3333');
    assert.equal(found('aaaa'), 'aaaa'); // the whole id, though others begin so and one is called so
    for (const several of ['aaa', 'markov']) {
      assert.throws(() => store.find(several), { name: 'InvalidArgumentError', message: /may be .*give more/ });
    }
    for (const none of ['', 'eeee', '%', '_', 'aaaa1111x', "' OR 1=1 --"]) {
      assert.throws(() => store.find(none), { name: 'StoreError', message: /There is no experiment/ }, none);
    }
  });
});

test('ExperimentStore.list() gives the newest first, of one workload, and so many', (t) => {
  using store = openStore(storePath(t));
  const begin = (name: string, startedAt: string, workload = 'markov'): string => {
    const experiment = someExperiment(store, { name, startedAt, definition: someDefinition({ workload }) });
    store.begin(experiment);
    return experiment.id;
  };
  const old = begin('old', '2026-01-01T00:00:00.000Z');
  begin('new', '2026-03-01T00:00:00.000Z', 'noop');
  begin('middle', '2026-02-01T00:00:00.000Z');
  store.addRecord(old, someRecord());
  store.addFailure(old, failure);
  store.end(old);
  const names = (...options: Parameters<typeof store.list>): string[] => store.list(...options).map(({ name }) => name);
  assert.deepEqual(names(), ['new', 'middle', 'old']);
  assert.deepEqual(names({ workload: 'markov' }), ['middle', 'old']);
  assert.deepEqual(names({ limit: 2 }), ['new', 'middle']);
  assert.deepEqual(names({ workload: 'pi' }), []);
  const [middle, last] = store.list({ workload: 'markov' });
  assert.deepEqual([middle?.state, middle?.recordCount, middle?.failureCount], ['running', 0, 0]);
  assert.deepEqual([last?.state, last?.recordCount, last?.failureCount], ['ended', 1, 1]);
  assert.throws(() => store.list({ limit: -1 }), InvalidArgumentError);
});

test('ExperimentStore.delete() takes the records along, and leaves the others', (t) => {
  using store = openStore(storePath(t));
  const [first, second] = [someExperiment(store, { name: 'first' }), someExperiment(store, { name: 'second' })];
  for (const experiment of [first, second]) {
    store.begin(experiment);
    store.addRecord(experiment.id, someRecord());
    store.end(experiment.id);
  }
  assert.equal(store.delete('first').id, first.id);
  assert.throws(() => store.get(first.id), StoreError);
  assert.equal(store.get(second.id).records.length, 1);
  const third = someExperiment(store);
  store.begin(third);
  assert.deepEqual(store.get(third.id).records, []);
});

describe('openStore()', () => {
  test('keeps to the directory that GRIDBOOK_HOME names, all of it private', (t) => {
    const home = join(temporaryHome(t), 'home');
    process.env['GRIDBOOK_HOME'] = home;
    using store = openStore();
    store.begin(someExperiment(store));
    assert.equal(store.path, join(home, 'experiments.sqlite'));
    assert.equal(statSync(home).mode & 0o777, 0o700);
    const files = readdirSync(home);
    assert.ok(files.length >= 3, files.join());
    for (const file of files) assert.equal(statSync(join(home, file)).mode & 0o777, 0o600, file);
    store.close();
    assert.deepEqual(readdirSync(home), ['experiments.sqlite']);
    chmodSync(home, 0o755);
    assert.throws(() => openStore(), AuthenticationError);
  });

  test('makes the directories of a path, and leaves those that are there as they are', (t) => {
    const there = dirname(storePath(t));
    chmodSync(there, 0o755);
    using store = openStore(join(there, 'deep', 'er', 'runs.sqlite'));
    assert.equal(statSync(dirname(store.path)).mode & 0o777, 0o700);
    assert.equal(statSync(there).mode & 0o777, 0o755);
  });

  test('says in a line what cannot be a store', (t) => {
    const directory = dirname(storePath(t));
    mkdirSync(join(directory, 'folder'));
    assert.throws(() => openStore(join(directory, 'folder')), { name: 'StoreError', message: /folder/ });
    writeFileSync(join(directory, 'file'), '');
    const below = join(directory, 'file', 'store');
    assert.throws(() => openStore(below), { name: 'StoreError', message: /file\/store.*not a directory/ });
    for (const path of ['', 'a\0b']) assert.throws(() => openStore(path), InvalidArgumentError);
    for (const lockTimeoutMs of [-1, 0.5, Number.NaN, 2 ** 31]) {
      assert.throws(() => openStore(join(directory, 'x'), { lockTimeoutMs }), InvalidArgumentError);
    }
    assert.deepEqual(readdirSync(directory), ['file', 'folder']);
  });

  test('is not there any more after close()', (t) => {
    const store = openStore(storePath(t));
    store.close();
    store.close();
    assert.throws(() => store.list(), ClosedError);
  });

  test('loads SQLite only when it is called, and without a word of Node', (t) => {
    const url = new URL('../../../../sdk/index.ts', import.meta.url).href;
    const script = `
      import { openStore } from ${JSON.stringify(url)};
      const loaded = () => process.moduleLoadList.some((name) => name.includes('sqlite'));
      const before = loaded();
      openStore(${JSON.stringify(storePath(t))}).close();
      console.log(before, loaded());`;
    const { NODE_OPTIONS: _, ...env } = process.env;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', `${script}`], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    assert.equal(output, 'false true\n');
  });
});
