// One run of one seed: a session's dispatcher over a cluster that cannot be relied on, in virtual time, judged after
// every step.
//
// The dispatcher's class comes in as an argument, so that broken ones can be run too.

import assert from 'node:assert/strict';
import type { Dispatcher, Effect } from '../../sdk/dispatcher.ts';
import { Ledger } from './ledger.ts';
import { Random } from './random.ts';
import { type Scenario, type SimulatedTask, scenarioOf } from './scenario.ts';
import { type SessionSide, SimulatedCluster } from './simulated-cluster.ts';
import type { Answer } from './simulated-worker.ts';
import { Timeline } from './timeline.ts';

export type DispatcherClass = typeof Dispatcher;

/** More steps than any seed takes by far: what goes on for longer does not end. */
const stepsMax = 20_000;

/** What happened, for whoever looks into a seed. */
export type Trace = (at: number, what: string, detail: unknown) => void;

class Simulation implements SessionSide {
  readonly #timeline = new Timeline();
  readonly #scenario: Scenario;
  readonly #dispatcher: Dispatcher<SimulatedTask>;
  readonly #cluster: SimulatedCluster;
  readonly #ledger: Ledger;
  readonly #trace: Trace | undefined;
  readonly #random: Random;
  steps = 0;

  constructor(seed: number, DispatcherUnderTest: DispatcherClass, trace?: Trace) {
    const random = new Random(seed);
    this.#random = random;
    this.#trace = trace;
    this.#scenario = scenarioOf(random);
    this.#dispatcher = new DispatcherUnderTest(this.#scenario.options);
    this.#ledger = new Ledger(this.#scenario.options);
    this.#cluster = new SimulatedCluster(random, this.#timeline, this.#scenario, this);
  }

  run(): void {
    for (const task of this.#scenario.tasks) {
      this.#timeline.after(task.submitAt, () => {
        this.#submit(task);
        const { cancel } = task;
        if (cancel !== undefined) this.#timeline.after(cancel.afterMs, () => this.#cancel(task, cancel.force));
      });
    }
    this.#runOut();
    assert.equal(this.#ledger.unsettled, 0, 'tasks that never settle');
    this.#cluster.end();
    this.#runOut();
    this.#checkRest();
  }

  /** Goes on until nothing is due any more. */
  #runOut(): void {
    for (;;) {
      this.#endStep();
      const deadline = this.#dispatcher.nextDeadline ?? Number.POSITIVE_INFINITY;
      const next = this.#timeline.nextAt;
      if (deadline === next && next === Number.POSITIVE_INFINITY) return;
      if (deadline < next) this.#tick(deadline, next);
      else this.#timeline.step();
    }
  }

  /** A timer is late, now and then. */
  #tick(deadline: number, next: number): void {
    const late = this.#random.chance(0.5) ? this.#random.between(0, 1) : 0;
    const now = Math.max(this.#timeline.now, Math.min(deadline + late, next));
    this.#timeline.now = now;
    this.#trace?.(now, 'tick', undefined);
    this.#ledger.onTick(now);
    this.#dispatcher.onTick(now);
  }

  #endStep(): void {
    assert.ok(++this.steps < stepsMax, 'it does not come to an end');
    this.#flush();
    this.#ledger.check(this.#dispatcher);
  }

  #flush(): void {
    this.#dispatcher.dispatch(this.#timeline.now);
    for (let effects = this.#dispatcher.takeEffects(); effects.length > 0; effects = this.#dispatcher.takeEffects()) {
      for (const effect of effects) this.#carryOut(effect);
      this.#dispatcher.dispatch(this.#timeline.now);
    }
  }

  #carryOut(effect: Effect<SimulatedTask>): void {
    const { now } = this.#timeline;
    this.#trace?.(now, effect.type, effect);
    this.#ledger.onEffect(effect, now);
    const { lease } = effect;
    if (effect.type === 'send') {
      const orders = effect.tasks.map((task) => ({ task, attempt: task.attempt }));
      this.#cluster.run(lease, orders);
    } else if (effect.type === 'cancel') this.#cluster.cancel(lease, effect.ids);
    else if (effect.type === 'kill') this.#cluster.kill(lease);
    else if (effect.type === 'release') this.#cluster.release(lease);
  }

  #submit(task: SimulatedTask): void {
    this.#trace?.(this.#timeline.now, 'submit', task);
    this.#ledger.onSubmit(task);
    this.#dispatcher.onSubmit(task);
  }

  #cancel(task: SimulatedTask, force: boolean): void {
    const { now } = this.#timeline;
    this.#trace?.(now, 'cancel asked for', { id: task.id, force });
    assert.equal(this.#dispatcher.onCancel(task, force, now), this.#ledger.onCancel(task, force, now), 'cancelled');
  }

  onGranted(lease: string): void {
    this.#trace?.(this.#timeline.now, 'granted', lease);
    this.#ledger.onGranted(lease);
    this.#dispatcher.onWorkerGranted(lease);
  }

  onRecalled(lease: string): void {
    this.#trace?.(this.#timeline.now, 'recalled', lease);
    this.#ledger.onRecalled(lease);
    this.#dispatcher.onWorkerRecalled(lease);
  }

  onCut(lease: string): void {
    this.#trace?.(this.#timeline.now, 'cut', lease);
    this.#ledger.onCut(lease);
    this.#dispatcher.onWorkerCut(lease);
  }

  onLost(lease: string, blame: boolean): void {
    this.#trace?.(this.#timeline.now, 'lost', { lease, blame });
    this.#ledger.onLost(lease, blame);
    this.#dispatcher.onWorkerLost(lease, blame);
  }

  onAnswer(lease: string, answer: Answer): void {
    this.#trace?.(this.#timeline.now, 'answer', { lease, answer });
    const { attempt, type } = answer;
    const { stale } = this.#dispatcher.counts;
    if (type === 'results') {
      const accepted = this.#dispatcher.onResults(lease, attempt, answer.ids, answer.runMs);
      const expected = this.#ledger.onResults(lease, answer).map((wanted, i) => (wanted ? answer.ids[i] : undefined));
      assert.equal(accepted.length, expected.length);
      for (let i = 0; i < expected.length; i++) assert.equal(accepted[i]?.id, expected[i], 'the result accepted');
    } else if (type === 'failed') {
      const { id, runMs } = answer;
      const failed = this.#dispatcher.onFailure(lease, attempt, id, (task) => task.retryErrors, runMs);
      assert.equal(failed?.id, this.#ledger.onFailure(lease, answer) ? id : undefined, 'the failure accepted');
    } else {
      this.#dispatcher.onSkipped(lease, attempt, answer.ids);
      this.#ledger.onSkipped(lease, answer);
    }
    if (this.#dispatcher.counts.stale > stale) this.#trace?.(this.#timeline.now, 'stale', lease);
  }

  /** D6, and no worker is remembered: a further task goes nowhere. */
  #checkRest(): void {
    const dispatcher = this.#dispatcher;
    const { queued, sent, workers } = dispatcher.counts;
    assert.deepEqual({ queued, sent, workers }, { queued: 0, sent: 0, workers: 0 });
    assert.deepEqual([...dispatcher.unsettled()], []);
    assert.equal(dispatcher.nextDeadline, undefined);
    const [task] = this.#scenario.tasks;
    if (task === undefined) return;
    dispatcher.onSubmit(task);
    dispatcher.dispatch(this.#timeline.now);
    assert.equal(dispatcher.onCancel(task, true, this.#timeline.now), true);
    assert.deepEqual(dispatcher.takeEffects(), []);
  }
}

/** Runs a seed. @returns how many steps it took. @throws AssertionError when something does not hold. */
export function simulate(seed: number, DispatcherUnderTest: DispatcherClass, trace?: Trace): number {
  const simulation = new Simulation(seed, DispatcherUnderTest, trace);
  simulation.run();
  return simulation.steps;
}
