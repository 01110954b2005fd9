// What one seed stands for: the session's options, its tasks, and how bad the cluster is.
//
// Each kind of fault is absent from half of the seeds, so that some runs show one fault alone and some all together.

import type { DispatcherOptions, DispatchTask, TaskState } from '../../sdk/dispatcher.ts';
import type { FunctionProfile } from '../../sdk/function-profile.ts';
import type { Random } from './random.ts';

/** What happens when a worker runs the task: `poison` kills the worker, `hang` never ends. */
export type Behaviour = 'value' | 'error' | 'poison' | 'hang';

/** A task as a session has it, and what will come of it. */
export interface SimulatedTask extends DispatchTask {
  readonly behaviour: Behaviour;
  /** How many attempts fail before one succeeds, for `error`. */
  readonly failures: number;
  readonly retryErrors: boolean;
  readonly runMs: number;
  readonly submitAt: number;
  readonly cancel: { readonly afterMs: number; readonly force: boolean } | undefined;
}

/** How likely each fault is, for each chance it has. */
export interface Faults {
  readonly drop: number;
  readonly double: number;
  readonly reorder: number;
  readonly delay: number;
  /** A worker says of a task that nobody cancelled that it took it out. */
  readonly skip: number;
  /** A worker says of its tasks that they took no number of milliseconds. */
  readonly garble: number;
  /** How many times a worker is paused, crashes, is recalled; how many times a node dies with several. */
  readonly pauses: number;
  readonly crashes: number;
  readonly recalls: number;
  readonly nodeDeaths: number;
  /** When all of these end. */
  readonly untilMs: number;
}

export interface Scenario {
  readonly options: Required<DispatcherOptions>;
  readonly workers: number;
  readonly tasks: readonly SimulatedTask[];
  readonly faults: Faults;
}

export function scenarioOf(random: Random): Scenario {
  const untilMs = random.between(20, 150);
  const workers = random.integer(1, 4);
  const options = {
    windowMs: random.pick([2, 10, 10, 50]),
    windowBytesMax: random.pick([150, 4 * 1024 * 1024]),
    windowTasksMax: random.pick([3, 8192]),
    graceMs: random.between(1, 20),
    isolate: random.chance(0.9),
  };
  const often = (most: number): number => (random.chance(0.5) ? random.next() * most : 0);
  const times = (most: number): number => (random.chance(0.5) ? random.integer(1, most) : 0);
  const faults: Faults = {
    drop: often(0.05),
    double: often(0.3),
    reorder: often(0.5),
    delay: often(0.3),
    skip: often(0.05),
    garble: often(0.1),
    pauses: times(4),
    crashes: times(4),
    recalls: times(4),
    nodeDeaths: times(2),
    untilMs,
  };
  return { options, workers, tasks: tasksOf(random, untilMs), faults };
}

function tasksOf(random: Random, untilMs: number): SimulatedTask[] {
  const functions = Array.from({ length: random.integer(1, 3) }, () => {
    const profile: FunctionProfile = { expectedMs: undefined };
    return { profile, runMs: random.pick([0.02, 0.2, 1, 5]) };
  });
  const oddShare = random.pick([0, 0.1, 0.4]);
  const cancelShare = random.pick([0, 0.1, 0.4]);
  const limitShare = random.pick([0, 0.1, 0.3]);
  const bursts = Array.from({ length: random.integer(1, 3) }, () => random.between(0, untilMs));
  return Array.from({ length: random.integer(3, 80) }, (_, id): SimulatedTask => {
    const { profile, runMs } = random.pick(functions);
    const behaviour = random.chance(oddShare) ? random.pick<Behaviour>(['error', 'error', 'poison', 'hang']) : 'value';
    const limited = random.chance(limitShare);
    // What hangs ends by its limit or by force; nothing else would end it.
    const forced = behaviour === 'hang' && !limited;
    return {
      id,
      profile,
      bytes: random.integer(0, 100),
      maxRetries: random.pick([0, 1, 2, 3, 3]),
      timeoutMs: limited ? random.between(2, 30) : undefined,
      state: 'new' satisfies TaskState,
      attempt: 0,
      retries: 0,
      suspect: false,
      lease: '',
      loadMs: 0,
      behaviour,
      failures: random.pick([1, 2, 3, Number.POSITIVE_INFINITY]),
      retryErrors: random.chance(0.7),
      runMs: runMs * random.between(0.5, 1.5),
      submitAt: random.pick(bursts),
      cancel:
        forced || random.chance(cancelShare)
          ? { afterMs: random.between(0, 40), force: forced || random.chance(0.5) }
          : undefined,
    };
  });
}
