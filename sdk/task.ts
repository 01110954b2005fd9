// One call of a function, as the session keeps it until it has settled.

import type { ObjectPlace } from './cluster/object-place.ts';
import type { DispatchTask, TaskState } from './dispatcher.ts';
import type { GridbookError } from './errors.ts';
import type { FunctionProfile } from './function-profile.ts';
import type { ShippedCode } from './function-shipping/index.ts';
import type { FunctionId, TaskId } from './protocol/ids.ts';
import type { FunctionRole } from './protocol/messages.ts';
import type { Payload, StoredValue } from './protocol/payload.ts';
import type { TimingsRecorder } from './timings.ts';

/** A function as it is sent to workers. Two with the same content are one. */
export interface FunctionDefinition {
  readonly id: FunctionId;
  readonly name: string;
  readonly role: FunctionRole;
  readonly code: ShippedCode | undefined;
  readonly captures: Payload;
}

/** A function that can be called already, though its code may still be on its way through the bundler. */
export interface FunctionHandle {
  readonly name: string;
  /** Undefined until the code is there. */
  definition: FunctionDefinition | undefined;
  /** Settles when it is known whether there will be code. */
  readonly ready: Promise<void>;
  /** What its tasks took. Of the handle, not of the definition: two uses of one function may differ in their inputs. */
  readonly profile: FunctionProfile;
  /** How many calls were made. */
  calls: number;
  /** Why there is none. */
  error: Error | undefined;
}

/** Who a task settles for. Exactly one of the methods is called, once. */
export interface TaskSink {
  /** Whether it has copied what it needs of a value when it returns: the memory behind that may be used again then. */
  readonly copies?: boolean;
  onValue(task: Task, value: unknown): void;
  /** The value is large and stays where it is until somebody reads it. Who reads it here throws before taking the task. */
  onStored(task: Task, stored: StoredValue): void;
  /** The value is large and stays on its node. Without this method it comes along with its answer. */
  onKept?(task: Task, place: ObjectPlace): void;
  onError(task: Task, error: Error): void;
  /** One value stands for all of these, neighbours in their order. Only for tasks whose rules combine. */
  onCombined?(tasks: readonly Task[], value: unknown): void;
}

/** Ends by force what was cancelled without, and runs on. */
export type ForceEnd = () => void;

/** Where tasks are sent and run. */
export interface TaskTarget {
  /** The task will come when what it needs is there. */
  expect(task: Task): void;
  submit(task: Task): void;
  /** The task that was expected will not come. */
  forgo(task: Task): void;
  /**
   * Settles a submitted task with the error; `force` ends its worker if it must.
   *
   * @returns how to end later what may run on without force.
   */
  cancel(task: Task, force: boolean, error: GridbookError): ForceEnd | undefined;
  /** Inside a task: the task waits for something that is sent here, until the returned function is called. */
  beginWait?(): () => void;
}

/** A target that says what it holds. */
export interface TaskPool extends TaskTarget {
  /** Whether a stream of tasks of a function should go on that has so many open ones here. */
  wantsMore(profile: FunctionProfile, open: number): boolean;
  /** How many workers have tasks of it; 0 where only others know that. */
  readonly workersBusy: number;
  unsettledTasks(): Iterable<Task>;
  /** Ends the pool: every unsettled task settles with the error. */
  close(error: GridbookError): void;
}

/** What a task's rules are; shared by all tasks of one call of `remote` or `map`. */
export interface TaskRules {
  readonly name: string;
  readonly maxRetries: number;
  readonly retryErrors: boolean | ((error: Error) => boolean);
  readonly timeoutMs: number | undefined;
  /** Combines neighbours on the worker. */
  readonly combine: FunctionHandle | undefined;
  /** Gets the times of these tasks, beside the session's own. */
  readonly timings: TimingsRecorder | undefined;
}

/** When a call was made, was written, and was sent. */
export interface CallTimes {
  readonly calledAt: number;
  readonly encodedAt: number;
  sentAt: number;
}

const barrierBytes = 2 ** 40;

export class Task implements DispatchTask {
  readonly id: TaskId;
  readonly handle: FunctionHandle;
  readonly rules: TaskRules;
  readonly args: Payload;
  readonly sink: TaskSink;
  /** Its place among the inputs of a map; 0 otherwise. */
  readonly position: number;
  /** How many tasks it stands under. */
  readonly depth: number;
  state: TaskState = 'new';
  attempt = 0;
  retries = 0;
  suspect = false;
  lease = '';
  loadMs = 0;
  /** Nothing is to be sent to its worker while it is there. */
  isBarrier = false;
  /** Undefined for a task that is not timed. */
  times: CallTimes | undefined;

  constructor(
    id: TaskId,
    handle: FunctionHandle,
    rules: TaskRules,
    args: Payload,
    sink: TaskSink,
    position: number,
    depth: number,
  ) {
    this.id = id;
    this.handle = handle;
    this.rules = rules;
    this.args = args;
    this.sink = sink;
    this.position = position;
    this.depth = depth;
  }

  /** The function; a task is dispatched only when it is there. */
  get definition(): FunctionDefinition {
    const { definition } = this.handle;
    if (definition === undefined) throw new Error(`The function "${this.handle.name}" is not defined yet`);
    return definition;
  }

  get profile(): FunctionProfile {
    return this.handle.profile;
  }

  /** A barrier fills any window (D2 of the dispatcher). */
  get bytes(): number {
    return this.isBarrier ? barrierBytes : this.args.byteLength;
  }

  get maxRetries(): number {
    return this.rules.maxRetries;
  }

  get timeoutMs(): number | undefined {
    return this.rules.timeoutMs;
  }
}

/** Of a function that was never timed, so many tasks are timed one by one. */
const firstTimed = 64;

/** Whether a task is timed: of short ones every sixteenth. */
export function isTimed(id: TaskId, handle: FunctionHandle): boolean {
  const { expectedMs } = handle.profile;
  if ((id & 15) === 0) return true;
  return expectedMs === undefined ? handle.calls <= firstTimed : expectedMs > 0.05;
}
