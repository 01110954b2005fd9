// How long runs of a peer will take, found out by small ones.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gauge } from '../../../../sdk/experiments/peers/gauge.ts';
import type { Peer, PeerWork } from '../../../../sdk/experiments/peers/peer.ts';
import { randomMatrix } from '../../../../sdk/workloads/markov/matrix.ts';

const matrix = randomMatrix(3, 1);
const work = { matrix, kernel: 'auto', signal: new AbortController().signal };

/** A peer that takes what it is told, and what it was asked. */
function peerTaking(durationMs: (work: PeerWork) => number, form: Partial<Peer> = {}) {
  const asked: [totalCount: number, pcNum: number][] = [];
  const peer: Peer = {
    name: 'ray-tasks',
    madeOf: 'nothing',
    workers: 1,
    isSplit: true,
    run: async (of) => {
      asked.push([of.totalCount, of.pcNum]);
      return { durationMs: durationMs(of), kernel: 'none', limit: null, rowSpread: 0 };
    },
    ...form,
  };
  return { peer, asked };
}

const limits = { totalCountMax: 10_000_000, pcNumMax: 100_000 };

describe('gauge()', () => {
  test('finds what a multiplication and a part cost, and is right far beyond what it ran', async () => {
    const trueMs = (totalCount: number, pcNum: number): number => totalCount * 0.001 + pcNum * 0.9;
    const { peer, asked } = peerTaking(({ totalCount, pcNum }) => trueMs(totalCount, pcNum));
    const expectedMs = await gauge(peer, work, limits);
    for (const totalCount of [500_000, 10_000_000]) {
      for (const pcNum of [1, 10, 10_000, 100_000]) {
        const ratio = expectedMs(totalCount, pcNum) / trueMs(totalCount, pcNum);
        assert.ok(ratio > 0.95 && ratio < 1.05, `${ratio} at ${totalCount} ${pcNum}`);
      }
    }
    const spentMs = asked.reduce((sum, [totalCount, pcNum]) => sum + trueMs(totalCount, pcNum), 0);
    assert.ok(spentMs < 2000, `${spentMs} ms of trying`);
    assert.ok(asked.every(([totalCount, pcNum]) => pcNum <= totalCount));
  });

  test('counts on workers side by side', async () => {
    const workers = 4;
    const { peer } = peerTaking(({ totalCount, pcNum }) => (totalCount * 0.01) / Math.min(workers, pcNum), { workers });
    const expectedMs = await gauge(peer, work, limits);
    assert.ok(Math.abs(expectedMs(100_000, 1) - 1000) < 10);
    assert.ok(Math.abs(expectedMs(100_000, 1000) - 250) < 10);
  });

  test('is not misled by a first run that starts something', async () => {
    let runs = 0;
    const { peer } = peerTaking(({ totalCount }) => totalCount * 0.001 + (runs++ === 0 ? 3000 : 0));
    const expectedMs = await gauge(peer, work, limits);
    assert.ok(Math.abs(expectedMs(1_000_000, 1) - 1000) < 50, String(expectedMs(1_000_000, 1)));
  });

  test('tries nothing larger than what is to be measured, and no parts where nothing is split', async () => {
    const { peer, asked } = peerTaking(() => 0.001);
    await gauge(peer, work, { totalCountMax: 50, pcNumMax: 3 });
    assert.ok(asked.every(([totalCount, pcNum]) => totalCount <= 50 && pcNum <= 3));
    assert.ok(asked.some(([totalCount]) => totalCount === 50) && asked.some(([, pcNum]) => pcNum === 3));
    const loop = peerTaking(() => 0.001, { isSplit: false });
    await gauge(loop.peer, work, limits);
    assert.ok(loop.asked.every(([, pcNum]) => pcNum === 1));
  });

  test('throws what the peer throws', async () => {
    const { peer } = peerTaking(() => {
      throw new RangeError('no room');
    });
    await assert.rejects(gauge(peer, work, limits), RangeError);
  });
});
