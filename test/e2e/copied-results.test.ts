// Results whose memory is used again: for those that copy them, and without harm to those that keep them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, markov, type Session } from '../../sdk/index.ts';
import { copyEach } from '../../sdk/map-stream.ts';

let session: Session;
before(async () => {
  session = await connect({ address: 'embedded', workers: 2 });
});
after(() => session.close());

const rowOf = (i: number): Float64Array => new Float64Array(100).fill(i);

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

describe('copyEach()', () => {
  test('hands over each result once, with its position, and right values after many frames of used memory', async () => {
    const seen = new Map<number, number>();
    const stream = session.map(rowOf, numbers(20_000), { ordered: false });
    await copyEach(stream, (row, position, count) => {
      assert.deepEqual([row.length, row[0], row[99], count], [100, position, position, 1]);
      seen.set(position, (seen.get(position) ?? 0) + 1);
    });
    assert.equal(seen.size, 20_000);
    assert.ok([...seen.values()].every((times) => times === 1));
    assert.equal(stream.timings().tasks, 20_000);
  });

  test('leaves results alone that another map of the session keeps, though they come in the same frames', async () => {
    const kept = session.map(rowOf, numbers(20_000), { ordered: false }).toArray();
    let copied = 0;
    await copyEach(session.map(rowOf, numbers(20_000), { ordered: false }), () => copied++);
    const other = await markov(session, { matrixSize: 10, totalCount: 100_000, pcNum: 10_000 });
    assert.deepEqual([copied, other.multiplications], [20_000, 99_999]);
    const rows = await kept;
    assert.ok(rows.every((row) => row.length === 100 && row.every((value) => value === row[0])));
    assert.deepEqual(
      rows.map((row) => row[0]!).sort((a, b) => a - b),
      numbers(20_000),
    );
  });

  test('ends with what the callback throws, and with the failure of a task, and calls back no more', async () => {
    const boom = new Error('boom');
    let calls = 0;
    await assert.rejects(
      copyEach(session.map(rowOf, numbers(5000), { ordered: false }), () => {
        calls++;
        throw boom;
      }),
      boom,
    );
    assert.equal(calls, 1);
    const fails = (i: number): Float64Array => {
      if (i === 700) throw new RangeError('700');
      return new Float64Array(10);
    };
    let after = 0;
    await assert.rejects(
      copyEach(session.map(fails, numbers(5000), { ordered: false, inFlightMax: 100 }), () => after++),
      /failed: 700/,
    );
    const atFailure = after;
    assert.ok(atFailure < 900, `${atFailure} results came, at most 100 beyond the one that failed`);
    assert.equal(await session.remote(() => 'fine')(), 'fine');
    assert.equal(after, atFailure);
  });

  test('tells progress while it goes, and the end', async () => {
    const told: number[] = [];
    await copyEach(
      session.map(rowOf, numbers(3000), {
        ordered: false,
        inFlightMax: 500,
        onProgress: ({ done }) => told.push(done),
      }),
      () => {},
    );
    assert.ok(told.length > 2 && told.every((done, i) => i === 0 || done >= told[i - 1]!));
    assert.equal(told.at(-1), 3000);
  });
});
