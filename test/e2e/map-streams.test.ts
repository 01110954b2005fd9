// Streams of a map's results in odd ways: read twice at once, after their end, slowly, over odd inputs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { coreOf } from '../../sdk/core-of.ts';
import { connect, InvalidArgumentError, type Session } from '../../sdk/index.ts';
import { MapRun } from '../../sdk/map.ts';
import { insideOf, rulesOf } from '../../sdk/remote.ts';
import { TimingsRecorder } from '../../sdk/timings.ts';
import { valueBytes } from '../../sdk/value-bytes.ts';

let session: Session;
before(async () => {
  session = await connect({ address: 'embedded', workers: 2 });
});
after(() => session.close());

const identity = (x: number): number => x;

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

describe('a stream of results', () => {
  test('gives calls of next() that wait together one result each, in the order of the calls', async () => {
    const results = session.map(identity, numbers(100))[Symbol.asyncIterator]();
    const got = await Promise.all(Array.from({ length: 103 }, () => results.next()));
    assert.deepEqual(
      got.map(({ value }) => value),
      [...numbers(100), undefined, undefined, undefined],
    );
    assert.deepEqual(
      got.slice(-4).map(({ done }) => done),
      [false, true, true, true],
    );
  });

  test('gives each result once, however many calls of next() wait together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 0, max: 60 }),
        async (groups, count) => {
          const results = session.map(identity, numbers(count), { inFlightMax: 7 })[Symbol.asyncIterator]();
          const got: (number | undefined)[] = [];
          for (const size of groups) {
            const group = await Promise.all(Array.from({ length: size }, () => results.next()));
            got.push(...group.map(({ value }) => value));
          }
          assert.deepEqual(
            got,
            got.map((_, i) => (i < count ? i : undefined)),
          );
          await results.return?.();
        },
      ),
      { numRuns: 30 },
    );
  });

  test('gives two iterators that wait together every result once between them', async () => {
    const stream = session.map(identity, numbers(2000), { inFlightMax: 50 });
    const got: number[] = [];
    const read = async (): Promise<void> => {
      for await (const x of stream) got.push(x);
    };
    await Promise.all([read(), read(), read()]);
    assert.deepEqual(
      got.sort((a, b) => a - b),
      numbers(2000),
    );
  });

  test('tells one of those that wait of a failure, and the others of the end', async () => {
    const fail = (): number => {
      throw new Error('no');
    };
    const results = session.map(fail, [1])[Symbol.asyncIterator]();
    const [first, ...others] = await Promise.allSettled([results.next(), results.next(), results.next()]);
    assert.equal(first?.status, 'rejected');
    for (const other of others)
      assert.deepEqual(other, { status: 'fulfilled', value: { value: undefined, done: true } });
  });

  test('is over after it was left', async () => {
    const stream = session.map(identity, numbers(5000));
    for await (const x of stream) if (x === 10) break;
    assert.deepEqual(await stream[Symbol.asyncIterator]().next(), { value: undefined, done: true });
    assert.deepEqual(await stream.toArray(), []);
  });

  test('is over after return(), also for who waits', async () => {
    const results = session.map((_: number) => new Promise<number>(() => {}), [1, 2])[Symbol.asyncIterator]();
    const waiting = [results.next(), results.next()];
    const over = { value: undefined, done: true };
    assert.deepEqual(await results.return?.(), over);
    assert.deepEqual(await Promise.all([...waiting, results.next()]), [over, over, over]);
  });

  test('gives nothing of what was ready after return()', async () => {
    const results = session.map(identity, numbers(1000))[Symbol.asyncIterator]();
    await results.next();
    await results.return?.();
    assert.deepEqual(await results.next(), { value: undefined, done: true });
  });

  test('ends the map when onProgress throws inside for await', async () => {
    let closed = false;
    function* inputs(): Generator<number> {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        closed = true;
      }
    }
    const onProgress = (): void => {
      throw new Error('no progress');
    };
    const stream = session.map(identity, inputs(), { inFlightMax: 20, onProgress });
    await assert.rejects(async () => {
      for await (const _ of stream);
    }, /no progress/);
    assert.ok(closed);
    assert.deepEqual(await stream.toArray(), []);
  });
});

describe('inputs of a map', () => {
  test('may be a string: its characters', async () => {
    assert.deepEqual(await session.map((c: string) => `${c}!`, 'añ😀').toArray(), ['a!', 'ñ!', '😀!']);
    assert.deepEqual(await session.map((c: string) => c, '').toArray(), []);
  });

  test('that cannot be iterated are refused', () => {
    for (const inputs of [null, undefined, 5, true, {}, { [Symbol.iterator]: 1 }]) {
      assert.throws(
        () => Reflect.apply(session.map, session, [identity, inputs]),
        (error) => error instanceof InvalidArgumentError && /map takes an iterable/.test(error.message),
      );
    }
  });
});

describe('what a map holds', () => {
  /** A map of a function that takes no result by itself. */
  function mapRun<I>(
    owner: Session,
    f: (x: I) => unknown,
    inputs: Iterable<I>,
    inFlightBytesMax: number,
    ordered: boolean,
  ) {
    const core = coreOf(owner);
    const inside = insideOf(owner.remote(f));
    assert.ok(inside !== undefined);
    const { handle, options } = inside;
    const timings = new TimingsRecorder();
    const run = new MapRun({
      core,
      pool: core.pool(options),
      handle,
      rules: rulesOf(handle, options, undefined, timings),
      timings,
      inputs,
      ordered,
      inFlightMax: 100_000,
      signal: undefined,
      onProgress: undefined,
      inFlightBytesMax,
    });
    return { run, timings };
  }

  const large: [string, () => unknown][] = [
    ['arrays', () => new Uint8Array(100_000)],
    ['objects with texts', () => ({ title: 'a', text: 'x'.repeat(100_000) })],
    ['lists of numbers', () => ({ values: Array.from({ length: 12_500 }, (_, i) => i) })],
  ];
  for (const [what, make] of large) {
    test(`of inputs is bounded in bytes: ${what}`, async () => {
      let taken = 0;
      function* inputs(): Generator<unknown> {
        for (; taken < 1000; taken++) yield make();
      }
      await using own = await connect({ workers: 1 });
      const { run } = mapRun(own, () => new Promise(() => {}), inputs(), 5_000_000, true);
      run.pull();
      assert.ok(taken >= 40 && taken <= 60, `took ${taken}`);
    });
  }

  /** Runs a map until nothing goes on, without taking a result, and tells how many inputs it took. */
  async function takenAtRest(f: (x: number) => unknown, inFlightBytesMax: number, ordered: boolean): Promise<number> {
    const total = 6000;
    let taken = 0;
    function* inputs(): Generator<number> {
      while (taken < total) yield taken++;
    }
    const { run, timings } = mapRun(session, f, inputs(), inFlightBytesMax, ordered);
    run.pull();
    while (timings.summary().tasks < taken) await setImmediate();
    run.end();
    return taken;
  }

  for (const ordered of [true, false]) {
    const order = ordered ? 'in order' : 'in any order';
    test(`of results is bounded in bytes, ${order}`, async () => {
      const small = await takenAtRest((x) => 'x'.repeat(1000 + (x % 2)), 100_000, ordered);
      // What the pool takes before the first results are back is beyond any count of results.
      assert.ok(small < 3000, `took ${small}`);
      const stored = await takenAtRest(() => new Uint8Array(70_000), 7_000_000, ordered);
      assert.ok(stored < 3000, `took ${stored}`);
    });

    test(`of results goes on where there is room, ${order}`, async () => {
      assert.equal(await takenAtRest((x) => x, 1_000_000, ordered), 6000);
    });
  }

  test('is estimated by strings, buffers and lists', () => {
    const near = (value: unknown, bytes: number): void => {
      const estimate = valueBytes(value);
      assert.ok(estimate >= bytes && estimate <= bytes * 1.1 + 64, `${estimate} for ${bytes}`);
    };
    near('x'.repeat(1000), 1000);
    near(new Float64Array(500), 4000);
    near(new DataView(new ArrayBuffer(900)), 900);
    near(new SharedArrayBuffer(300), 300);
    near(numbers(10_000), 80_000);
    near(
      Array.from({ length: 500 }, () => 'y'.repeat(100)),
      50_000,
    );
    near({ rows: [new Uint8Array(1000), new Uint8Array(1000)], name: 'z'.repeat(500) }, 2500);
    near(new Map([['key', new Uint8Array(5000)]]), 5000);
    near(new Set(['x'.repeat(700)]), 700);
    for (const scalar of [null, undefined, true, 5, 5n]) near(scalar, 8);
  });
});
