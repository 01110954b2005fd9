// One run of one seed: nodes, sessions and a head in virtual time, judged after every step, at the end of all faults,
// and at rest.
//
// The scheduler's class comes in as an argument, so that broken ones can be run too.

import assert from 'node:assert/strict';
import { Random } from '../random.ts';
import { Timeline } from '../timeline.ts';
import { checkCalm } from './calm.ts';
import type { Surroundings } from './connection.ts';
import { type Faults, type Scenario, scenarioOf } from './scenario.ts';
import { type SchedulerClass, SimulatedHead, type Trace } from './simulated-head.ts';
import { SimulatedNode } from './simulated-node.ts';
import { SimulatedSession, type Wish } from './simulated-session.ts';

/** More steps than any seed takes by far: what goes on for longer does not end. */
const stepsMax = 20_000;

class Simulation implements Surroundings {
  readonly random: Random;
  readonly timeline = new Timeline();
  readonly #scenario: Scenario;
  readonly #head: SimulatedHead;
  readonly #nodes: readonly SimulatedNode[];
  readonly #sessions: readonly SimulatedSession[];
  steps = 0;

  constructor(seed: number, Scheduler: SchedulerClass, trace?: Trace) {
    this.random = new Random(seed);
    this.#scenario = scenarioOf(this.random);
    this.#head = new SimulatedHead(this, this.#scenario, Scheduler, trace);
    this.#nodes = this.#scenario.nodes.map(
      (terms) => new SimulatedNode(this, terms, (node) => this.#head.acceptNode(node)),
    );
    this.#sessions = Array.from(
      { length: this.#scenario.sessions },
      (_, i) => new SimulatedSession(this, `s${i}`, ({ id }) => this.#head.acceptSession(id)),
    );
  }

  get faults(): Faults | undefined {
    return this.timeline.now < this.#scenario.faults.untilMs ? this.#scenario.faults : undefined;
  }

  run(): void {
    const { faults, wishes } = this.#scenario;
    for (const node of this.#nodes) this.timeline.after(this.random.between(0, 20), () => node.start());
    for (const session of this.#sessions) {
      this.timeline.after(this.random.between(0, 20), () => session.connect());
      this.#plan(wishes, () => this.#wish(session));
    }
    const anyNode = (): SimulatedNode => this.random.pick(this.#nodes);
    const anySession = (): SimulatedSession => this.random.pick(this.#sessions);
    this.#plan(faults.cuts, () => (this.random.chance(0.5) ? anyNode() : anySession()).cut());
    this.#plan(faults.pauses, () =>
      (this.random.chance(0.5) ? anyNode() : anySession()).pause(this.random.between(1, 50)),
    );
    this.#plan(faults.workerCrashes, () => anyNode().crashWorker());
    this.#plan(faults.nodeCrashes, () => {
      const node = anyNode();
      node.crash();
      const downMs = this.random.chance(0.5) ? this.random.between(0, 5) : this.random.between(1, 100);
      this.timeline.after(downMs, () => node.start());
    });
    this.#plan(faults.headRestarts, () => this.#head.restart(this.random.between(0, 10)));
    this.#plan(faults.vanishings, () => (this.random.chance(0.5) ? anySession().vanish() : anySession().close()));
    this.timeline.after(faults.untilMs, () => {});
    this.#runOut();
    checkCalm(this.#scenario, this.#head.scheduler, this.#nodes, this.#sessions);
    this.#head.onEnding();
    for (const session of this.#sessions) session.close();
    this.#runOut();
    this.#checkRest();
  }

  #plan(times: number, happen: () => void): void {
    for (let i = 0; i < times; i++) this.timeline.after(this.random.between(0, this.#scenario.faults.untilMs), happen);
  }

  /** A session changes what it asks for. */
  #wish(session: SimulatedSession): void {
    const { random } = this;
    const wishes = [...session.wishes.values()];
    const leases = [...session.leases.keys()];
    if (wishes.length === 0 || random.chance(0.2)) session.ask(this.#terms());
    else if (random.chance(0.6)) session.setDemand(random.pick(wishes), random.integer(0, 6));
    else if (random.chance(0.3)) session.end(random.pick(wishes));
    else if (leases.length > 0) {
      if (random.chance(0.5)) session.release(random.pick(leases));
      else session.kill(random.pick(leases));
    }
  }

  #terms(): Omit<Wish, 'number'> {
    const { random } = this;
    const demand = random.integer(0, 6);
    const anywhere = { labels: {}, node: null, strategy: random.pick(['pack', 'spread'] as const) };
    if (this.#scenario.uniform) return { resources: { cpus: 1 }, exclusive: false, placement: anywhere, demand };
    if (random.chance(0.25)) return { resources: { cpus: 0 }, exclusive: true, placement: anywhere, demand };
    const resources: Record<string, number> = { cpus: random.pick([0.1, 0.3, 1, 1, 2, 5]) };
    if (random.chance(0.2)) resources['gpus'] = random.pick([0.5, 1]);
    if (random.chance(0.2)) resources['memory'] = random.integer(1, 4);
    const labels: Record<string, string> = random.chance(0.2) ? { zone: random.pick(['a', 'b']) } : {};
    const node = random.chance(0.15) ? random.pick(this.#nodes).terms.id : null;
    return { resources, exclusive: random.chance(0.2), placement: { ...anywhere, labels, node }, demand };
  }

  /** Goes on until nothing is due any more. */
  #runOut(): void {
    for (;;) {
      assert.ok(++this.steps < stepsMax, 'it does not come to an end');
      const tickAt = this.#head.nextTickAt;
      const next = this.timeline.nextAt;
      if (tickAt === next && next === Number.POSITIVE_INFINITY) return;
      if (tickAt < next) {
        this.timeline.now = tickAt;
        this.#head.tick();
      } else this.timeline.step();
    }
  }

  /** Nobody is there any more: nothing runs, and nothing is remembered. */
  #checkRest(): void {
    for (const { leases, sessions, terms } of this.#nodes) {
      assert.equal(leases.size, 0, `${terms.id} still runs something`);
      assert.equal(sessions.size, 0, `${terms.id} still keeps something`);
    }
    const { counts } = this.#head.scheduler;
    const nodes = this.#nodes.length;
    assert.deepEqual(counts, { nodes, sessions: 0, requests: 0, unjudged: 0, leases: 0, claims: 0, used: 0 });
    for (const node of this.#nodes) node.crash();
    this.#runOut();
    assert.equal(this.#head.scheduler.counts.nodes, 0);
    assert.equal(this.#head.scheduler.workersMax, 0);
  }
}

/** Runs a seed. @returns how many steps it took. @throws AssertionError when something does not hold. */
export function simulate(seed: number, Scheduler: SchedulerClass, trace?: Trace): number {
  const simulation = new Simulation(seed, Scheduler, trace);
  simulation.run();
  return simulation.steps;
}
