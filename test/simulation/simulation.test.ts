// The dispatcher under faults: ten thousand seeds in which all must hold, and broken dispatchers that must be found.
//
// SIMULATION_SEED=123 runs that seed alone and prints what happens in it; SIMULATION_SEEDS sets how many are run.

import assert, { AssertionError } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { Dispatcher } from '../../sdk/dispatcher.ts';
import { loadMutant, mutants } from './mutants.ts';
import { type DispatcherClass, simulate, type Trace } from './simulation.ts';

const onlySeed = process.env['SIMULATION_SEED'];
const seedCount = Number(process.env['SIMULATION_SEEDS'] ?? 10_000);
const mutantSeedsMax = 1_000;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @returns the first seed in which something does not hold; a broken dispatcher must not just throw. */
function findSeed(seeds: number, DispatcherUnderTest: DispatcherClass): { seed: number; why: string } | undefined {
  for (let seed = 0; seed < seeds; seed++) {
    try {
      simulate(seed, DispatcherUnderTest);
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      return { seed, why: error.message };
    }
  }
  return undefined;
}

describe('a dispatcher over a cluster that cannot be relied on', () => {
  if (onlySeed !== undefined) {
    test(`keeps its invariants in seed ${onlySeed}`, () => {
      const print: Trace = (at, what, detail) => {
        const text = detail === undefined ? '' : inspect(detail, { depth: 4, breakLength: Number.POSITIVE_INFINITY });
        console.log(`${at.toFixed(3).padStart(9)}  ${what.padEnd(16)} ${text}`);
      };
      simulate(Number(onlySeed), Dispatcher, print);
    });
    return;
  }

  test(`keeps its invariants in ${seedCount} seeds, which show it all there is`, () => {
    const seen = new Map<string, number>();
    const count: Trace = (_at, what) => seen.set(what, (seen.get(what) ?? 0) + 1);
    for (let seed = 0; seed < seedCount; seed++) {
      try {
        simulate(seed, Dispatcher, count);
      } catch (cause) {
        const again = `SIMULATION_SEED=${seed} node --test test/simulation/simulation.test.ts`;
        throw new Error(`Seed ${seed}: ${messageOf(cause)}\nRun it alone, with what happens in it: ${again}`, {
          cause,
        });
      }
    }
    // A simulation in which nothing goes wrong would hold as well.
    for (const what of [
      'submit',
      'send',
      'answer',
      'stale',
      'cancel',
      'kill',
      'release',
      'cut',
      'lost',
      'recalled',
      'tick',
    ]) {
      const times = seen.get(what) ?? 0;
      assert.ok(times > seedCount / 10, `"${what}" happened ${times} times in ${seedCount} seeds`);
    }
    for (const what of ['worker-died', 'timed-out']) {
      assert.ok((seen.get(what) ?? 0) > seedCount / 100, `"${what}" happened too rarely`);
    }
  });

  test('holds with a copy of the dispatcher in which nothing is broken', async () => {
    assert.equal(findSeed(100, await loadMutant({ name: 'nothing', replacements: [] })), undefined);
  });

  for (const mutant of mutants) {
    test(`is found out when ${mutant.name}`, async (t) => {
      const found = findSeed(mutantSeedsMax, await loadMutant(mutant));
      assert.ok(found !== undefined, `${mutantSeedsMax} seeds hold although ${mutant.name}`);
      t.diagnostic(`found by seed ${found.seed}: ${found.why.split('\n')[0]}`);
    });
  }
});
