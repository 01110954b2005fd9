// The options of a remote function, checked once, and the rules that follow from them.

import { types } from 'node:util';
import type { Resources, WorkerTerms } from './cluster/cluster.ts';
import { CancelledError, InvalidArgumentError } from './errors.ts';
import { anywhere, checkPlacement, type PlacementOptions } from './placement.ts';
import { shownOf, textOf } from './text-of.ts';

/** How a task is run. Given to `remote`, and per call through `with`. */
export interface TaskOptions {
  /**
   * How often a task is run again when its worker dies, or when it throws an error that `retryErrors` lets pass. With
   * 0 it runs at most once, and travels alone, so that no other task's end can be its end.
   * @default 3
   */
  maxRetries?: number | undefined;
  /**
   * Whether an error that the function throws leads to another try: never, always, or as a function says that answers
   * `true` at once; a promise is no answer. @default false
   */
  retryErrors?: boolean | ((error: Error) => boolean) | undefined;
  /**
   * How long one attempt may take from when it is sent to its worker, in milliseconds. After that the task fails with a
   * `TimeoutError` and what still runs is killed. A task with a limit travels alone. @default no limit
   */
  timeoutMs?: number | undefined;
  /** Cancels the task, running or not, when it is aborted: it fails with a `CancelledError` whose cause is the reason. */
  signal?: AbortSignal | undefined;
  /** What the task is called in messages and lists. @default the function's name */
  name?: string | undefined;
  /** What its worker must have. @default { cpus: 1 } */
  resources?: Resources | undefined;
  /** Where its worker may be. @default anywhere */
  placement?: PlacementOptions | undefined;
}

/** Options with every default filled in. */
export interface CheckedOptions extends WorkerTerms {
  readonly maxRetries: number;
  readonly retryErrors: boolean | ((error: Error) => boolean);
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly name: string | undefined;
}

const oneCpu: Resources = { cpus: 1 };

/** What a task's worker is unless its options say otherwise. */
export const plainWorker: WorkerTerms = { resources: oneCpu, placement: anywhere };

/** The longest name of a resource. */
const resourceNameMax = 64;

/** The longest time limit: what a timer can wait, in milliseconds. */
const timeoutMsMax = 2 ** 31 - 1;

/** Checks a limit of time for an attempt, which 0 would never let run. @throws InvalidArgumentError */
export function checkTimeout(timeoutMs: number | undefined): number | undefined {
  if (timeoutMs === 0) throw timeoutError('above 0', timeoutMs);
  return checkWait(timeoutMs, 'above 0');
}

/** Checks a limit of time for a wait; 0 asks what is there already. @throws InvalidArgumentError */
export function checkWait(timeoutMs: number | undefined, least = '0'): number | undefined {
  if (timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY) return undefined;
  if (!(typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= timeoutMsMax))
    throw timeoutError(least, timeoutMs);
  return timeoutMs;
}

function timeoutError(least: string, timeoutMs: number): InvalidArgumentError {
  const got = typeof timeoutMs === 'number' ? timeoutMs : `a ${typeof timeoutMs}`;
  return new InvalidArgumentError(`timeoutMs must be a number from ${least} to ${timeoutMsMax}, got ${got}`);
}

/** Checks a signal, which programs without types may mix up with its controller. @throws InvalidArgumentError */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || (typeof signal === 'object' && signal !== null && 'aborted' in signal)) return signal;
  throw new InvalidArgumentError(`signal must be an AbortSignal, got ${shownOf(signal)}`);
}

/** Checks an option that is called back. @throws InvalidArgumentError */
export function checkCallback<F>(name: string, callback: F | undefined): F | undefined {
  if (callback === undefined || typeof callback === 'function') return callback;
  throw new InvalidArgumentError(`${name} must be a function, got ${shownOf(callback)}`);
}

/** Checks a name. @throws InvalidArgumentError */
export function checkName(name: string | undefined): string | undefined {
  if (name === undefined || (typeof name === 'string' && name !== '')) return name;
  throw new InvalidArgumentError(`name must be a text that is not empty, got ${textOf(name) || 'an empty one'}`);
}

/** Checks an option that is true or false. @throws InvalidArgumentError */
export function checkBoolean(name: string, value: boolean | undefined): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new InvalidArgumentError(`${name} must be true or false, got ${shownOf(value)}`);
}

function checkRetryErrors(retryErrors: TaskOptions['retryErrors']): TaskOptions['retryErrors'] {
  if (typeof retryErrors === 'boolean') return retryErrors;
  if (types.isAsyncFunction(retryErrors)) {
    throw new InvalidArgumentError('retryErrors must answer at once, true or false: it is an async function');
  }
  return checkCallback('retryErrors, when it is not true or false,', retryErrors);
}

/** What an aborted signal ends a task or a map with. */
export function abortedBy({ reason }: AbortSignal, what: string): CancelledError {
  return new CancelledError(`${what} was cancelled by its signal: ${textOf(reason)}`, { cause: reason });
}

/** Checks that an option is a whole number in a range. @throws InvalidArgumentError */
export function checkInteger(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`${name} must be a whole number ${range}, got ${shownOf(value)}`);
  }
  return value;
}

/** Checks amounts of resources. @throws InvalidArgumentError */
export function checkResources(resources: Resources): Resources {
  if (typeof resources !== 'object' || resources === null) {
    throw new InvalidArgumentError(`resources must be amounts by name, such as { cpus: 1 }, got ${shownOf(resources)}`);
  }
  for (const [name, amount] of Object.entries(resources)) {
    if (name === '' || name.length > resourceNameMax) {
      throw new InvalidArgumentError(`The name of a resource must have 1 to ${resourceNameMax} letters, got "${name}"`);
    }
    if (!(Number.isFinite(amount) && amount >= 0)) {
      throw new InvalidArgumentError(`resources.${name} must be a number of at least 0, got ${shownOf(amount)}`);
    }
  }
  return resources;
}

/** The names of the options of a task. */
export const taskOptionNames = [
  'maxRetries',
  'retryErrors',
  'timeoutMs',
  'signal',
  'name',
  'resources',
  'placement',
] as const;

const known = new Set<string>(taskOptionNames);

/** Refuses names that no option has: a misspelt one would change nothing, silently. @throws InvalidArgumentError */
export function checkNames(options: object, names: ReadonlySet<string>, of: string): void {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidArgumentError(`the options of ${of} must be an object, got ${shownOf(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (names.has(name)) continue;
    throw new InvalidArgumentError(`${of} has no option "${name}"; it has ${[...names].join(', ')}`);
  }
}

/** Checks options and fills in what is missing from `base`. @throws InvalidArgumentError */
export function checkTaskOptions(options: TaskOptions, base?: CheckedOptions): CheckedOptions {
  checkNames(options, known, 'a remote function');
  const { maxRetries, retryErrors, resources, placement } = options;
  return {
    placement: placement === undefined ? (base?.placement ?? anywhere) : checkPlacement(placement),
    maxRetries: maxRetries === undefined ? (base?.maxRetries ?? 3) : checkInteger('maxRetries', maxRetries, 0),
    retryErrors: checkRetryErrors(retryErrors) ?? base?.retryErrors ?? false,
    timeoutMs: 'timeoutMs' in options ? checkTimeout(options.timeoutMs) : base?.timeoutMs,
    signal: checkSignal(options.signal) ?? base?.signal,
    name: checkName(options.name) ?? base?.name,
    resources: resources === undefined ? (base?.resources ?? oneCpu) : { ...oneCpu, ...checkResources(resources) },
  };
}
