// The head's scheduler under faults: ten thousand seeds in which all must hold, and broken schedulers that must be
// found.
//
// SIMULATION_SEED=123 runs that seed alone and prints what happens in it; SIMULATION_SEEDS sets how many are run.

import assert, { AssertionError } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { LeaseScheduler } from '../../../daemon/head/lease-scheduler.ts';
import { loadMutant, mutants } from './mutants.ts';
import type { SchedulerClass, Trace } from './simulated-head.ts';
import { simulate } from './simulation.ts';

const onlySeed = process.env['SIMULATION_SEED'];
const seedCount = Number(process.env['SIMULATION_SEEDS'] ?? 10_000);
const mutantSeedsMax = 1_000;

/** @returns the first seed in which something does not hold; a broken scheduler must not just throw. */
function findSeed(seeds: number, Scheduler: SchedulerClass): { seed: number; why: string } | undefined {
  for (let seed = 0; seed < seeds; seed++) {
    try {
      simulate(seed, Scheduler);
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      return { seed, why: error.message };
    }
  }
  return undefined;
}

describe('a head among nodes and sessions that cannot be relied on', () => {
  if (onlySeed !== undefined) {
    test(`keeps its invariants in seed ${onlySeed}`, () => {
      const print: Trace = (at, what, detail) => {
        const text = detail === undefined ? '' : inspect(detail, { depth: 4, breakLength: Number.POSITIVE_INFINITY });
        console.log(`${at.toFixed(3).padStart(9)}  ${what.padEnd(16)} ${text}`);
      };
      simulate(Number(onlySeed), LeaseScheduler, print);
    });
    return;
  }

  test(`keeps its invariants in ${seedCount} seeds, which show it all there is`, () => {
    const seen = new Map<string, number>();
    const count: Trace = (_at, what) => seen.set(what.trim(), (seen.get(what.trim()) ?? 0) + 1);
    for (let seed = 0; seed < seedCount; seed++) {
      try {
        simulate(seed, LeaseScheduler, count);
      } catch (cause) {
        const again = `SIMULATION_SEED=${seed} node --test test/simulation/head/head-simulation.test.ts`;
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`Seed ${seed}: ${why}\nRun it alone, with what happens in it: ${again}`, { cause });
      }
    }
    // A simulation in which nothing goes wrong would hold as well.
    const rare = ['lease.refused', 'stale', 'node.bye', 'session.bye', 'worker.lost', 'lease.lost', 'head dies'];
    const often = ['worker.start', 'worker.stop', 'lease.granted', 'lease.recalled', 'lease.release', 'lease.kill'];
    for (const [names, least] of [
      [often, seedCount / 4],
      [rare, seedCount / 50],
    ] as const) {
      for (const what of names) {
        const times = seen.get(what) ?? 0;
        assert.ok(times > least, `"${what}" happened ${times} times in ${seedCount} seeds`);
      }
    }
    assert.ok((seen.get('node rejected') ?? 0) > 0, '"node rejected" never happened');
  });

  test('holds with a copy of the scheduler in which nothing is broken', async () => {
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
