// Everything that a session does, at once and in random mixtures: each piece of work comes to what it comes to alone.
// A part of the suite that every way of connecting runs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CancelledError, currentSession, type Session } from '../../sdk/index.ts';
import { type Given, numbers } from './given.ts';

const identity = (x: number): number => x;
const add = (a: number, b: number): number => a + b;
const rowOf = (x: number): Float64Array => new Float64Array(50).fill(x);

class Tally {
  sum = 0;
  add(x: number): number {
    this.sum += x;
    return this.sum;
  }
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  return undefined;
}

function sumTo(count: number): number {
  return count === 0 ? 0 : (count * (count - 1)) / 2; // not -0
}

/** A task that maps, and reduces beside that. */
async function mapsInside(count: number): Promise<number> {
  const session = currentSession();
  const inputs = Array.from({ length: count }, (_, i) => i);
  const same = (x: number): number => x;
  const [mapped, sum] = await Promise.all([
    session.map(same, inputs).toArray(),
    session.reduce(same, inputs, (a: number, b: number) => a + b, { initial: 0 }),
  ]);
  return mapped.reduce((a, b) => a + b, 0) + sum;
}

/** Pieces of work by name, each of a size; they throw when something is not as it should be. */
const pieces: Readonly<Record<string, (session: Session, size: number) => Promise<void>>> = {
  calls: async (session, size) => {
    const f = session.remote(identity);
    assert.deepEqual(await session.get(numbers(size).map((i) => f(i))), numbers(size));
  },
  chain: async (session, size) => {
    const f = session.remote((x: number) => x + 1);
    let last = f(0);
    for (let i = 1; i < Math.min(size, 100); i++) last = f(last);
    assert.equal(await last, Math.min(Math.max(size, 1), 100));
  },
  map: async (session, size) => {
    assert.deepEqual(await session.map(identity, numbers(size)).toArray(), numbers(size));
  },
  'rows in any order': async (session, size) => {
    const rows = await session.map(rowOf, numbers(size), { ordered: false, inFlightMax: 300 }).toArray();
    const firsts = rows.map((row) => row[0] ?? Number.NaN).sort((a, b) => a - b);
    assert.deepEqual(firsts, numbers(size));
    assert.ok(rows.every((row) => row.length === 50 && row[49] === row[0]));
  },
  reduce: async (session, size) => {
    assert.equal(await session.reduce(identity, numbers(size), add, { initial: 0 }), sumTo(size));
  },
  'reduce of references': async (session, size) => {
    const f = session.remote(identity);
    const refs = numbers(Math.min(size, 500)).map((i) => f(i));
    assert.equal(await session.reduce(identity, refs, add, { initial: 0 }), sumTo(refs.length));
  },
  'left early': async (session, size) => {
    const got: number[] = [];
    for await (const x of session.map(identity, numbers(size + 1))) {
      got.push(x);
      if (got.length > size / 3) break;
    }
    assert.deepEqual(got, numbers(got.length));
  },
  'left to itself': async (session, size) => {
    const results = session.map(identity, numbers(size + 1))[Symbol.asyncIterator]();
    assert.equal((await results.next()).value, 0);
  },
  aborted: async (session, size) => {
    const controller = new AbortController();
    const { signal } = controller;
    const error = failureOf(
      session.map(identity, numbers(size + 500), { signal, inFlightMax: 100 }).forEach((_, position) => {
        if (position === 200) controller.abort();
      }),
    );
    assert.ok((await error) instanceof CancelledError);
  },
  fails: async (session, size) => {
    const thrower = (x: number): number => {
      if (x % 100 === 99) throw new RangeError(`not ${x}`);
      return x;
    };
    const error = await failureOf(session.map(thrower, numbers(size + 100)).toArray());
    assert.match(String(error), /not \d*99/);
  },
  cancelled: async (session, size) => {
    const f = session.remote(identity);
    const refs = numbers(size).map((i) => f(i));
    for (const [i, ref] of refs.entries()) if (i % 3 > 0) session.cancel(ref);
    const outcomes = await Promise.allSettled(refs.map((ref) => ref.promise()));
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') assert.equal(outcome.value, i);
      else assert.ok(outcome.reason instanceof CancelledError);
    }
  },
  actor: async (session, size) => {
    const tally = session.actor(Tally, [], { resources: { cpus: 0 } });
    const sums = await session.get(numbers(size).map((i) => tally.add(i)));
    assert.deepEqual(
      sums,
      numbers(size).map((i) => sumTo(i + 1)),
    );
    tally.kill();
  },
  'large values': async (session, size) => {
    const value = new Float64Array(20_000).fill(size);
    const f = session.remote((values: Float64Array, factor: number) => values.map((x) => x * factor));
    const ref = session.put(value);
    for (const [i, result] of (await session.get(numbers(8).map((i) => f(ref, i)))).entries()) {
      assert.deepEqual([result.length, result[0], result[19_999]], [20_000, size * i, size * i]);
    }
  },
  nested: async (session, size) => {
    const f = session.remote(mapsInside, { name: 'nested' });
    const count = Math.min(size, 300);
    assert.deepEqual(await session.get([f(count), f(count)]), [2 * sumTo(count), 2 * sumTo(count)]);
  },
};

export function mixedSuite(given: Given): void {
  describe('work of all kinds at once', () => {
    const piece = fc.record({
      name: fc.constantFrom(...Object.keys(pieces)),
      size: fc.oneof(fc.nat(10), fc.nat(200), fc.nat(4000)),
    });

    test('comes to what each piece comes to alone', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { minLength: 6, maxLength: 20 }), async (mixture) => {
          await Promise.all(mixture.map(({ name, size }) => pieces[name]?.(given.session, size)));
        }),
        { numRuns: 8, interruptAfterTimeLimit: 6000, markInterruptAsFailure: false },
      );
    });
  });
}
