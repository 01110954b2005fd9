// Requests of several sizes that stay as they are: workers stop being started and stopped, whatever the order in which
// they get ready and are given back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaseScheduler } from '../../../daemon/head/lease-scheduler.ts';
import { Random } from '../random.ts';
import { loadMutant } from './mutants.ts';
import type { SchedulerClass } from './simulated-head.ts';

const seedCount = Number(process.env['SIMULATION_SEEDS'] ?? 3_000);
/** Far more than any seed takes that comes to rest. */
const startsMax = 500;

/** @returns how many workers were started until nothing was left to do, or too many were. */
function startsUntilRest(seed: number, Scheduler: SchedulerClass): number {
  const random = new Random(seed);
  let count = 0;
  const scheduler = new Scheduler({ createLeaseId: () => `L${++count}`, now: 0 });
  const now = 100_000;
  const nodes = Array.from({ length: random.integer(1, 2) }, (_, i) => `n${i}`);
  for (const node of nodes) {
    const resources = { cpus: random.integer(2, 5) };
    scheduler.onNodeJoined({ node, incarnation: node, resources, labels: {}, leases: [], sessions: [] }, now);
  }
  const asks: (() => void)[] = [];
  for (let s = random.integer(2, 4); s > 0; s--) {
    const session = `s${s}`;
    scheduler.onSessionOpened({ session, leases: [] }, now);
    for (let request = random.integer(1, 5); request > 0; request--) {
      const resources = { cpus: random.pick([0.1, 0.3, 1, 1, 2]) };
      const node = random.chance(0.15) ? random.pick(nodes) : null;
      const placement = { labels: {}, node, strategy: random.pick(['pack', 'spread'] as const) };
      const exclusive = random.chance(0.1);
      const demand = random.integer(1, 6);
      asks.push(() => {
        scheduler.onRequest(session, request, { resources, exclusive, placement }, now);
        scheduler.onDemand(session, request, demand, now);
      });
    }
  }
  /** What will happen, in any order. */
  const due = new Map<string, () => void>();
  asks.forEach((ask, i) => {
    due.set(`ask ${i}`, ask);
  });
  while (due.size > 0 && count <= startsMax) {
    const [name, happen] = random.pick([...due]);
    due.delete(name);
    happen();
    for (const effect of scheduler.takeEffects()) {
      if (effect.type === 'worker.start') {
        const { node, lease } = effect;
        due.set(lease, () => scheduler.onWorkerReady(node, node, lease, lease, lease, now));
      } else if (effect.type === 'worker.stop') due.delete(effect.lease);
      else if (effect.type === 'lease.recalled') {
        const { session, lease } = effect;
        due.set(lease, () => scheduler.onLeaseReleased(session, lease, now));
      }
    }
  }
  return count;
}

/** @returns the first seed that does not come to rest, of so many. */
function restlessSeed(seeds: number, Scheduler: SchedulerClass): number | undefined {
  for (let seed = 0; seed < seeds; seed++) if (startsUntilRest(seed, Scheduler) > startsMax) return seed;
  return undefined;
}

test(`a demand that stays comes to rest, in ${seedCount} mixes of sizes`, () => {
  assert.equal(restlessSeed(seedCount, LeaseScheduler), undefined);
});

test('it does not when what has just been started may be taken', async () => {
  const again = { from: 'if (lease.era === this.#era) return false;', to: '' };
  const broken = await loadMutant({
    name: 'eras do not matter',
    replacements: [['fair-share.ts', again.from, again.to]],
  });
  assert.notEqual(restlessSeed(seedCount, broken), undefined);
});
