// What must hold, kept in the plainest way: a second account of every task and lease, by which each effect and each
// answer of the dispatcher is judged.
//
// Owns: what each task has cost, who holds it, in which order tasks wait. Knows of the dispatcher only what it says.
//
// Invariants, each checked after every step:
//   S1. A task settles once. (D1)
//   S2. A stale answer changes nothing and is counted. (D1)
//   S3. A window holds no more than its limits, or one task; who must be alone is alone. (D2, D3)
//   S4. An attempt is the first, or was paid for with a retry, or D4 gives it for free; nothing else is sent.
//   S5. Tasks leave in their order; those that come back go before all others, in their old order. (D5)
//   S6. No worker is idle while a task waits, unless it may get nothing more.
//   S7. Workers that may get nothing more get nothing; they are killed when their time is up, released when idle.

import assert from 'node:assert/strict';
import type { Dispatcher, DispatcherOptions, Effect } from '../../sdk/dispatcher.ts';
import type { SimulatedTask } from './scenario.ts';
import type { Answer } from './simulated-worker.ts';

interface Entry {
  readonly task: SimulatedTask;
  /** `dying`: its worker died and it must be said so. `limit`: its limit has passed, likewise. */
  state: 'queued' | 'sent' | 'dying' | 'limit' | 'settled';
  attempt: number;
  /** Retries that it has paid for, and attempts that it got for free. */
  paid: number;
  free: number;
  suspect: boolean;
  alone: boolean;
  loadMs: number;
  /** When its attempt has to end, and since when it has had to. */
  limitAt: number;
  overdueSince: number;
  /** Its worker has to be told that it is not wanted any more. */
  untold: boolean;
}

interface Holding {
  readonly held: Map<number, Entry>;
  recalled: boolean;
  killed: boolean;
  cut: boolean;
}

const never = Number.POSITIVE_INFINITY;

export class Ledger {
  readonly #options: Required<DispatcherOptions>;
  readonly #entries = new Map<number, Entry>();
  readonly #holdings = new Map<string, Holding>();
  #line: Entry[] = [];
  #stale = 0;
  #unsettled = 0;

  constructor(options: Required<DispatcherOptions>) {
    this.#options = options;
  }

  get unsettled(): number {
    return this.#unsettled;
  }

  onSubmit(task: SimulatedTask): void {
    const entry: Entry = {
      task,
      state: 'queued',
      attempt: 0,
      paid: 0,
      free: 0,
      suspect: false,
      alone: false,
      loadMs: 0,
      limitAt: never,
      overdueSince: never,
      untold: false,
    };
    this.#entries.set(task.id, entry);
    this.#line.push(entry);
    this.#unsettled++;
  }

  onGranted(lease: string): void {
    this.#holdings.set(lease, { held: new Map(), recalled: false, killed: false, cut: false });
  }

  onRecalled(lease: string): void {
    const holding = this.#holdings.get(lease);
    if (holding !== undefined) holding.recalled = true;
  }

  onCut(lease: string): void {
    const holding = this.#holdings.get(lease);
    if (holding !== undefined) holding.cut = true;
  }

  onLost(lease: string, blame: boolean): void {
    const holding = this.#holdings.get(lease);
    if (holding === undefined) return;
    this.#holdings.delete(lease);
    const back: Entry[] = [];
    for (const entry of holding.held.values()) {
      if (entry.state === 'settled') continue;
      const { maxRetries } = entry.task;
      if (holding.killed && maxRetries > 0) {
        entry.free++;
      } else if (entry.paid < maxRetries) {
        entry.paid++;
        entry.suspect ||= blame;
      } else {
        assert.ok(!this.#options.isolate || holding.held.size === 1, `task ${entry.task.id} dies of a neighbour`);
        entry.state = 'dying';
        continue;
      }
      back.push(entry);
    }
    this.#putBack(back);
  }

  /** @returns what the dispatcher has to say: whether the task is to be settled now. */
  onCancel({ id }: SimulatedTask, force: boolean, now: number): boolean {
    const entry = this.#entry(id);
    if (entry.state === 'settled') return false;
    if (entry.state === 'queued') {
      this.#line = this.#line.filter((other) => other !== entry);
    } else {
      entry.untold = true;
      if (force) entry.overdueSince = now;
    }
    this.#settle(entry);
    return true;
  }

  /** Time has passed: what is over its limit has to be told so. */
  onTick(now: number): void {
    for (const { held } of this.#holdings.values()) {
      for (const entry of held.values()) {
        if (entry.overdueSince !== never || entry.limitAt > now) continue;
        entry.overdueSince = now;
        if (entry.state !== 'sent') continue;
        entry.state = 'limit';
        entry.untold = true;
      }
    }
  }

  /** @returns for each id whether the dispatcher has to accept its result. */
  onResults(lease: string, { attempt, ids }: Extract<Answer, { type: 'results' }>): boolean[] {
    return ids.map((id) => {
      const entry = this.#take(lease, id, attempt);
      if (entry === undefined || entry.state === 'settled') return false;
      this.#settle(entry);
      return true;
    });
  }

  /** @returns whether the dispatcher has to settle the task with the error. */
  onFailure(lease: string, { attempt, id }: Extract<Answer, { type: 'failed' }>): boolean {
    const entry = this.#take(lease, id, attempt);
    if (entry === undefined || entry.state === 'settled') return false;
    const { retryErrors, maxRetries } = entry.task;
    if (retryErrors && entry.paid < maxRetries) {
      entry.paid++;
      this.#putBack([entry]);
      return false;
    }
    this.#settle(entry);
    return true;
  }

  onSkipped(lease: string, { attempt, ids }: Extract<Answer, { type: 'skipped' }>): void {
    for (const id of ids) {
      const entry = this.#take(lease, id, attempt);
      if (entry === undefined || entry.state === 'settled') continue;
      entry.free++;
      this.#putBack([entry]);
    }
  }

  onEffect(effect: Effect<SimulatedTask>, now: number): void {
    const { type, lease } = effect;
    if (type === 'worker-died' || type === 'timed-out') {
      const entry = this.#entry(effect.task.id);
      assert.equal(entry.state, type === 'worker-died' ? 'dying' : 'limit', `task ${effect.task.id}: ${type}`);
      this.#settle(entry); // S1
      return;
    }
    const holding = this.#holdings.get(lease);
    assert.ok(holding !== undefined, `${type} to ${lease}, which is not held`);
    switch (type) {
      case 'send':
        assert.ok(mayGetMore(holding), `${lease} may get nothing more`); // S7
        for (const task of effect.tasks) this.#send(task, holding, now);
        break;
      case 'cancel':
        for (const id of effect.ids) {
          const entry = holding.held.get(id);
          assert.ok(entry?.untold, `the cancellation of ${id} is told to ${lease} without need`);
          entry.untold = false;
        }
        break;
      case 'kill':
        assert.ok(this.#killAt(holding) <= now && !holding.killed, `${lease} is killed without reason`); // S7
        holding.killed = true;
        break;
      case 'release':
        assert.ok(
          holding.recalled && !holding.killed && !holding.cut && holding.held.size === 0,
          `${lease} is released`,
        ); // S7
        this.#holdings.delete(lease);
        break;
    }
  }

  #send(task: SimulatedTask, { held }: Holding, now: number): void {
    const entry = this.#line.shift();
    assert.equal(task.id, entry?.task.id, 'the task that is next in line'); // S5
    if (entry === undefined) return;
    entry.state = 'sent';
    entry.attempt++;
    assert.equal(entry.attempt, 1 + entry.paid + entry.free); // S4
    assert.equal(task.attempt, entry.attempt);
    assert.ok(entry.paid <= task.maxRetries, `task ${task.id} has paid more retries than it had`);
    const { isolate, windowMs, windowBytesMax, windowTasksMax } = this.#options;
    const { expectedMs } = task.profile;
    assert.ok(
      expectedMs === undefined || (expectedMs >= 0 && expectedMs < never),
      `an expectation of ${expectedMs} ms`,
    );
    entry.alone =
      isolate &&
      (expectedMs === undefined || entry.suspect || task.timeoutMs !== undefined || entry.paid >= task.maxRetries);
    entry.loadMs = expectedMs ?? 0;
    entry.limitAt = task.timeoutMs === undefined ? never : now + task.timeoutMs;
    held.set(task.id, entry);
    if (held.size === 1) return;
    let [loadMs, bytes] = [0, 0];
    for (const other of held.values()) {
      assert.ok(!other.alone, `task ${other.task.id} is not alone`); // S3
      loadMs += other.loadMs;
      bytes += other.task.bytes;
    }
    assert.ok(loadMs <= windowMs + 1e-6, `a window of ${loadMs} ms`); // S3
    assert.ok(bytes <= windowBytesMax, `a window of ${bytes} bytes`);
    assert.ok(held.size <= windowTasksMax, `a window of ${held.size} tasks`);
  }

  /** Takes out what an answer stands for; undefined, and counted, when it is stale (S2). */
  #take(lease: string, id: number, attempt: number): Entry | undefined {
    const holding = this.#holdings.get(lease);
    const entry = holding?.held.get(id);
    if (entry === undefined || entry.attempt !== attempt) {
      this.#stale++;
      return undefined;
    }
    holding?.held.delete(id);
    this.#clearTimes(entry);
    return entry;
  }

  #putBack(entries: Entry[]): void {
    for (const entry of entries) {
      entry.state = 'queued';
      this.#clearTimes(entry);
    }
    this.#line.unshift(...entries); // S5
  }

  #clearTimes(entry: Entry): void {
    entry.limitAt = never;
    entry.overdueSince = never;
  }

  #settle(entry: Entry): void {
    assert.notEqual(entry.state, 'settled', `task ${entry.task.id} settles twice`); // S1
    entry.state = 'settled';
    this.#unsettled--;
  }

  #entry(id: number): Entry {
    const entry = this.#entries.get(id);
    assert.ok(entry !== undefined, `task ${id} was never submitted`);
    return entry;
  }

  #killAt({ held, killed }: Holding): number {
    let killAt = never;
    if (!killed) for (const { overdueSince } of held.values()) killAt = Math.min(killAt, overdueSince);
    return killAt + this.#options.graceMs;
  }

  /** After each step. */
  check(dispatcher: Dispatcher<SimulatedTask>): void {
    let sent = 0;
    let deadline = never;
    for (const [lease, holding] of this.#holdings) {
      const { held, recalled, killed, cut } = holding;
      sent += held.size;
      for (const { task, state, limitAt, overdueSince, untold } of held.values()) {
        assert.notEqual(state, 'limit', `the limit of task ${task.id} has passed, and nobody is told`);
        assert.ok(!untold, `${lease} is not told that task ${task.id} is cancelled`);
        if (overdueSince === never) deadline = Math.min(deadline, limitAt);
      }
      deadline = Math.min(deadline, this.#killAt(holding));
      if (held.size > 0) continue;
      assert.ok(this.#line.length === 0 || !mayGetMore(holding), `${lease} is idle while tasks wait`); // S6
      assert.ok(!recalled || killed || cut, `${lease} is idle, recalled and not released`); // S7
    }
    assert.equal(dispatcher.counts.queued, this.#line.length, 'tasks queued');
    assert.equal(dispatcher.counts.sent, sent, 'tasks sent');
    assert.equal(dispatcher.counts.stale, this.#stale, 'answers dropped as stale'); // S2
    assert.equal(dispatcher.counts.workers, this.#holdings.size, 'workers');
    assert.equal(dispatcher.nextDeadline ?? never, deadline, 'the next deadline'); // S7
    let unsettled = 0;
    for (const { id } of dispatcher.unsettled()) {
      unsettled++;
      assert.notEqual(this.#entry(id).state, 'settled', `task ${id} is said to be unsettled`);
    }
    assert.equal(unsettled, this.#unsettled, 'unsettled tasks');
  }
}

function mayGetMore({ held, recalled, killed, cut }: Holding): boolean {
  if (recalled || killed || cut) return false;
  for (const { overdueSince } of held.values()) if (overdueSince !== never) return false;
  return true;
}
