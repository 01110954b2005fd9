// A cluster for tests of the head's scheduler alone: it feeds it inputs and reads its effects as short lines.

import assert from 'node:assert/strict';
import { LeaseScheduler } from '../../../daemon/head/lease-scheduler.ts';
import type { LeaseEffect, LeaseSchedulerOptions, RequestTerms } from '../../../daemon/head/scheduler-state.ts';
import type { Placement, Resources } from '../../../sdk/internal.ts';

export interface TermsInShort extends Partial<Placement> {
  readonly resources?: Resources;
  readonly exclusive?: boolean;
  readonly demand?: number;
}

function lineOf(effect: LeaseEffect): string {
  const { type } = effect;
  const list = (ended: string[]): string => (ended.length === 0 ? '' : `, not ${ended.join(' ')}`);
  if (type === 'node.welcome') return `${effect.node} welcome${list([...effect.ended, ...effect.endedSessions])}`;
  if (type === 'session.ended') return `${effect.session} is over`;
  if (type === 'worker.start') {
    return `${effect.node} starts ${effect.lease} for ${effect.session}${effect.exclusive ? ' alone' : ''}`;
  }
  if (type === 'worker.stop') return `${effect.node} ${effect.force ? 'kills' : 'stops'} ${effect.lease}`;
  if (type === 'session.welcome') return `${effect.session} welcome${list(effect.ended)}`;
  if (type === 'lease.granted') return `${effect.session} gets ${effect.lease} for ${effect.request}`;
  if (type === 'lease.lost') return `${effect.session} loses ${effect.lease}: ${effect.reason}`;
  if (type === 'lease.recalled') return `${effect.session} is to give ${effect.lease}`;
  if (type === 'lease.refused') return `${effect.session} ${effect.request}: ${effect.message}`;
  return `${effect.workersMax} workers`;
}

/** One plan for each input, so that what each of several causes is seen. */
function plannedAtOnce(scheduler: LeaseScheduler): LeaseScheduler {
  return new Proxy(scheduler, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args);
        void target.nextDeadline; // it makes the plan that is due
        return result;
      };
    },
  });
}

/** Old enough to believe nobody and to refuse what cannot be, unless it is told to be young. */
export class TestCluster {
  readonly scheduler: LeaseScheduler;
  now: number;

  constructor(options: Partial<LeaseSchedulerOptions> & { young?: boolean } = {}) {
    let count = 0;
    this.scheduler = plannedAtOnce(new LeaseScheduler({ createLeaseId: () => `L${++count}`, now: 0, ...options }));
    this.now = options.young ? 0 : 1_000_000;
  }

  /** What the scheduler has said since the last time. */
  said(): string[] {
    return this.scheduler.takeEffects().map(lineOf);
  }

  nothingElse(counts: Partial<LeaseScheduler['counts']> = {}): void {
    assert.deepEqual(this.said(), []);
    assert.deepEqual({ ...this.scheduler.counts, ...counts }, this.scheduler.counts);
  }

  /** A node joins; its incarnation is its name and a number; it runs leases as `L1` of session `s`. */
  join(
    id: string,
    resources: Resources | number,
    runs: readonly [lease: string, session: string, resources?: Resources][] = [],
    {
      life = 1,
      labels = {},
      sessions = [],
    }: { life?: number; labels?: Record<string, string>; sessions?: string[] } = {},
  ): boolean {
    const had = typeof resources === 'number' ? { cpus: resources } : resources;
    const leases = runs.map(([lease, session, taken = { cpus: 1 }]) => ({
      lease,
      session,
      resources: taken,
      worker: `w-${lease}`,
    }));
    const hello = { node: id, incarnation: `${id}.${life}`, resources: had, labels, leases, sessions };
    return this.scheduler.onNodeJoined(hello, this.now);
  }

  cut(id: string): void {
    this.scheduler.onNodeDisconnected(id, `${id}.1`, this.now);
  }

  open(session: string, ...leases: [lease: string, request?: number][]): void {
    const named = leases.map(([lease, request]) => ({ lease, ...(request === undefined ? {} : { request }) }));
    this.scheduler.onSessionOpened({ session, leases: named }, this.now);
  }

  ask(session: string, number: number, terms: TermsInShort | number = {}): void {
    const {
      resources = { cpus: 1 },
      exclusive = false,
      demand = 1,
      labels = {},
      node = null,
      strategy = 'pack',
    } = typeof terms === 'number' ? { demand: terms } : terms;
    const full: RequestTerms = { resources, exclusive, placement: { labels, node, strategy } };
    this.scheduler.onRequest(session, number, full, this.now);
    this.scheduler.onDemand(session, number, demand, this.now);
  }

  demand(session: string, number: number, count: number): void {
    this.scheduler.onDemand(session, number, count, this.now);
  }

  ready(node: string, ...leases: string[]): void {
    for (const lease of leases) {
      this.scheduler.onWorkerReady(node, `${node}.1`, lease, `w-${lease}`, `/s/${lease}`, this.now);
    }
  }

  lost(node: string, lease: string, life = 1): void {
    const end = { reason: 'exit', message: 'it ended', exitCode: 3 } as const;
    this.scheduler.onWorkerLost(node, `${node}.${life}`, lease, end, this.now);
  }

  release(session: string, ...leases: string[]): void {
    for (const lease of leases) this.scheduler.onLeaseReleased(session, lease, this.now);
  }

  /** Goes on in time, through all deadlines on the way. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const next = this.scheduler.nextDeadline ?? Number.POSITIVE_INFINITY;
      if (next > until) break;
      this.now = Math.max(this.now, next);
      this.scheduler.onTick(this.now);
    }
    this.now = until;
  }
}

/** One node of some cpus, and sessions that are open. */
export function clusterWith(cpus: number, ...sessions: string[]): TestCluster {
  const cluster = new TestCluster();
  cluster.join('n', cpus);
  for (const session of sessions) cluster.open(session);
  cluster.said();
  return cluster;
}
