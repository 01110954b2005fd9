// Which peer is run at which point next, and how long all of it will take.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Peer } from '../../../../sdk/experiments/peers/peer.ts';
import { PeerRounds, type Place, type RoundRules } from '../../../../sdk/experiments/peers/peer-rounds.ts';
import { randomMatrix } from '../../../../sdk/workloads/markov/matrix.ts';

const matrix = randomMatrix(3, 1);

function peer(name: Peer['name']): Peer {
  const run = () => Promise.reject(new Error('Nothing is run here'));
  return { name, madeOf: 'nothing', workers: 2, isSplit: true, run };
}

const ours = peer('gridbook');
const theirs = peer('ray-tasks');
const place = (of: Peer, pcNum: number): Place => ({ peer: of, matrix, totalCount: 1000, pcNum });

/** Rounds over places with what they are expected to take. */
function roundsOf(places: readonly (readonly [Place, expectedMs: number])[], rules: Partial<RoundRules> = {}) {
  const rounds = new PeerRounds({ repeats: 5, pointBudgetMs: 20_000, ...rules });
  for (const [at, expectedMs] of places) rounds.add(at, expectedMs);
  return rounds;
}

/** Runs all, each with what it takes; gives what was measured. */
function runAll(rounds: PeerRounds, msOf: (at: Place) => number): Place[] {
  const measured: Place[] = [];
  for (let at = rounds.next(); at !== undefined; at = rounds.next()) {
    if (rounds.onRun(at, msOf(at)) !== undefined) measured.push(at);
  }
  return measured;
}

describe('PeerRounds', () => {
  test('each round measures each place once, the places of a point one after the other', () => {
    const places = [1, 10, 100].flatMap((pcNum) => [place(ours, pcNum), place(theirs, pcNum)]);
    const measured = runAll(roundsOf(places.map((at) => [at, 1])), () => 1);
    assert.equal(measured.length, 5 * 6);
    const orders = new Set<string>();
    for (let from = 0; from < measured.length; from += 6) {
      const round = measured.slice(from, from + 6);
      assert.equal(new Set(round).size, 6);
      for (const first of [0, 2, 4]) assert.equal(round[first]?.pcNum, round[first + 1]?.pcNum);
      orders.add(round.map(({ peer: { name }, pcNum }) => `${name} ${pcNum}`).join());
    }
    assert.ok(orders.size > 1, 'every round has the same order');
  });

  test('the first run of a place does not count, unless it takes more than 2 s', () => {
    const [short, long] = [place(ours, 1), place(theirs, 1)];
    const rounds = roundsOf([
      [short, 1],
      [long, 1],
    ]);
    const runs = new Map([
      [short, 0],
      [long, 0],
    ]);
    const measured = runAll(rounds, (at) => {
      runs.set(at, runs.get(at)! + 1);
      return at === short ? 2000 : 2001;
    });
    assert.deepEqual([...runs.values()], [6, 5]);
    assert.equal(measured.length, 10);
  });

  test('what takes long is measured twice, what takes less as often as the budget allows', () => {
    const counts = [90_000, 9000, 6000, 4000, 100].map(
      (ms) => runAll(roundsOf([[place(theirs, 1), 1]]), () => ms).length,
    );
    assert.deepEqual(counts, [2, 2, 3, 5, 5]);
    assert.equal(runAll(roundsOf([[place(theirs, 1), 1]], { repeats: 1 }), () => 90_000).length, 1);
    assert.equal(runAll(roundsOf([[place(theirs, 1), 1]], { pointBudgetMs: 0 }), () => 0).length, 2);
  });

  test('what failed is not run again, and the rest is', () => {
    const [bad, good] = [place(ours, 1), place(theirs, 1)];
    const rounds = roundsOf([
      [bad, 1],
      [good, 1],
    ]);
    const measured: Place[] = [];
    for (let at = rounds.next(); at !== undefined; at = rounds.next()) {
      if (at === bad) rounds.onFailed(at);
      else if (rounds.onRun(at, 1) !== undefined) measured.push(at);
    }
    assert.deepEqual(measured, Array(5).fill(good));
  });

  test('what is left is the time that all runs will take, by what is expected, then by what was measured', () => {
    const [short, long] = [place(ours, 1), place(theirs, 1)];
    const rounds = roundsOf([
      [short, 100],
      [long, 50_000],
    ]);
    assert.equal(rounds.leftMs(), 6 * 100 + 2 * 50_000);
    const first = rounds.next()!;
    const wrongMs = first === short ? 200 : 90_000;
    rounds.onRun(first, wrongMs);
    assert.equal(rounds.leftMs(), first === short ? 5 * 200 + 2 * 50_000 : 6 * 100 + 90_000);
    runAll(rounds, (at) => (at === short ? 200 : 90_000));
    assert.equal(rounds.leftMs(), 0);
  });
});
