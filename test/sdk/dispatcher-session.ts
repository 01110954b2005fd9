// A session for tests of the dispatcher alone: it feeds it inputs and reads its effects as short lines.

import assert from 'node:assert/strict';
import { Dispatcher, type DispatcherOptions, type DispatchTask, type Effect } from '../../sdk/dispatcher.ts';

interface TestTask extends DispatchTask {
  readonly retryErrors: boolean;
}

export type TaskSettings = Partial<
  Pick<TestTask, 'profile' | 'bytes' | 'maxRetries' | 'timeoutMs' | 'retryErrors' | 'depth'>
>;

/** `A runs 3.2` is: worker A is sent the second attempt at task 3. */
function lineOf(effect: Effect<TestTask>): string {
  const { type, lease } = effect;
  if (type === 'send') return `${lease} runs ${effect.tasks.map((t) => `${t.id}.${t.attempt}`).join(' ')}`;
  if (type === 'cancel') return `${lease} cancels ${effect.ids.join(' ')}`;
  if (type === 'kill' || type === 'release') return `${type} ${lease}`;
  return `${effect.task.id} ${type} at ${lease}`;
}

/** A session without values: its tasks are numbers, and what the dispatcher says is kept as short lines. */
export class Session {
  readonly dispatcher: Dispatcher<TestTask>;
  readonly tasks: TestTask[] = [];
  now = 0;

  constructor(options?: DispatcherOptions) {
    this.dispatcher = new Dispatcher(options);
  }

  submit(count: number, settings: TaskSettings = {}, first = false): void {
    for (let i = 0; i < count; i++) {
      const task: TestTask = {
        id: this.tasks.length,
        profile: { expectedMs: 1 },
        bytes: 10,
        maxRetries: 3,
        timeoutMs: undefined,
        retryErrors: false,
        ...settings,
        state: 'new',
        attempt: 0,
        retries: 0,
        suspect: false,
        lease: '',
        loadMs: 0,
      };
      this.tasks.push(task);
      this.dispatcher.onSubmit(task, first);
    }
  }

  grant(...leases: string[]): void {
    for (const lease of leases) this.dispatcher.onWorkerGranted(lease);
  }

  /** What the dispatcher has said since the last time, and says until the windows are full. */
  said(): string[] {
    const lines: string[] = [];
    for (;;) {
      this.dispatcher.dispatch(this.now);
      const effects = this.dispatcher.takeEffects();
      if (effects.length === 0) return lines;
      lines.push(...effects.map(lineOf));
    }
  }

  /** @returns the ids of the tasks that are to be settled with their results. */
  results(lease: string, attempt: number, ids: number[], runMs = ids.length): (number | undefined)[] {
    return Array.from(this.dispatcher.onResults(lease, attempt, ids, runMs), (task) => task?.id);
  }

  fail(lease: string, attempt: number, id: number): number | undefined {
    return this.dispatcher.onFailure(lease, attempt, id, (task) => task.retryErrors, 1)?.id;
  }

  cancel(id: number, force = false): boolean {
    return this.dispatcher.onCancel(this.tasks[id]!, force, this.now);
  }

  tick(now: number): void {
    this.now = now;
    this.dispatcher.onTick(now);
  }

  unsettled(): number[] {
    return [...this.dispatcher.unsettled()].map((task) => task.id);
  }

  nothingElse(counts: { queued?: number; sent?: number; stale?: number; workers?: number } = {}): void {
    assert.deepEqual(this.said(), []);
    assert.deepEqual(this.dispatcher.counts, { queued: 0, sent: 0, stale: 0, workers: 1, ...counts });
    if (this.dispatcher.counts.sent === 0) assert.equal(this.dispatcher.nextDeadline, undefined); // D6
    if (this.dispatcher.counts.sent + this.dispatcher.counts.queued === 0) assert.deepEqual(this.unsettled(), []);
  }
}

/** A session with one worker, `A`. */
export function sessionWith(options?: DispatcherOptions): Session {
  const session = new Session(options);
  session.grant('A');
  return session;
}
