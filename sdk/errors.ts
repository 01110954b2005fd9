// The error classes of Gridbook, grouped by what the caller can do about them.
//
// Owns: the classes, their stable codes and `instanceof` across realms.
// Does not own: how an error is encoded on the wire (protocol/serialization.ts).
//
// Invariants:
//   E1. Every class has one stable `code` and a `retryable` that says whether the same call may succeed later.
//   E2. `instanceof` holds across realms and copies of the package: it compares a registered symbol, not the
//       prototype, because the REPL and notebooks evaluate code in other contexts.

/** What an error says beside its message. */
export interface GridbookErrorOptions {
  /** The error underneath, if there is one. */
  cause?: unknown;
}

const kindsKey = Symbol.for('gridbook.error.kinds');

function isOfKind(value: unknown, kind: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const kinds: unknown = Reflect.get(value, kindsKey);
  return Array.isArray(kinds) && kinds.includes(kind);
}

/**
 * The root of all errors that Gridbook throws by itself.
 *
 * @example
 * ```ts
 * import { GridbookError, InvalidArgumentError } from 'gridbook';
 *
 * const error = new InvalidArgumentError('workers must be a positive integer, got 0');
 * console.log(error instanceof GridbookError, error.code, error.retryable); // prints: true INVALID_ARGUMENT false
 * ```
 */
export class GridbookError extends Error {
  /** A stable word for programs to compare, such as `TASK_FAILED`. */
  readonly code: string = 'GRIDBOOK';
  /** Whether the same call may succeed when it is made again. */
  readonly retryable: boolean = false;

  constructor(message: string, options: GridbookErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    const kinds: string[] = [];
    for (let c: unknown = new.target; typeof c === 'function' && c !== Error; c = Object.getPrototypeOf(c)) {
      kinds.push(c.name);
    }
    // Configurable: an error that comes from elsewhere gets its class after it was made.
    Object.defineProperty(this, kindsKey, { value: kinds, enumerable: false, configurable: true });
  }

  /** Holds across realms and copies of the package (E2). */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: each subclass inherits this and must compare its own name
    return isOfKind(value, this.name);
  }
}

/** An argument or option is not of the form that the call takes. The message says what would be right. */
export class InvalidArgumentError extends GridbookError {
  override readonly code: string = 'INVALID_ARGUMENT';
}

/**
 * A value cannot travel between threads or machines. `path` says where it is, such as `args[1].handler`.
 *
 * @example
 * ```ts
 * import { connect, SerializationError } from 'gridbook';
 *
 * await using session = await connect({ workers: 1 });
 * try {
 *   session.put({ handlers: [() => {}] });
 * } catch (error) {
 *   if (error instanceof SerializationError) console.log(error.path); // prints: value.handlers[0]
 * }
 * ```
 */
export class SerializationError extends InvalidArgumentError {
  override readonly code: string = 'NOT_SERIALIZABLE';
  /** Where the offending value is, from the root that was sent; empty when the root itself is meant. */
  readonly path: string;

  constructor(message: string, options: GridbookErrorOptions & { path?: string } = {}) {
    super(message, options);
    this.path = options.path ?? '';
  }
}

/** What is known about the attempt of a task that failed. */
export interface TaskFailure extends GridbookErrorOptions {
  /** The name of the function, as shown in lists and messages. */
  taskName?: string;
  /** The stack as it was on the worker. */
  remoteStack?: string;
}

/**
 * The function of a task threw. `cause` is the error it threw, with its class (for the built-in ones), `name`,
 * `code` and own fields; `remoteStack` is its stack on the worker.
 *
 * @example
 * ```ts
 * import { connect, TaskError } from 'gridbook';
 *
 * await using session = await connect({ workers: 1 });
 * const root = session.remote((x: number) => {
 *   if (x < 0) throw new RangeError(`${x} has no root`);
 *   return Math.sqrt(x);
 * });
 * try {
 *   await root(-1);
 * } catch (error) {
 *   if (error instanceof TaskError) console.log(`${error.taskName}: ${error.cause}`); // prints: anonymous: RangeError: -1 has no root
 * }
 * ```
 */
export class TaskError extends GridbookError {
  override readonly code: string = 'TASK_FAILED';
  /** The name of the function, as shown in lists and messages. */
  readonly taskName: string;
  /** The stack as it was on the worker; empty when there was none. */
  readonly remoteStack: string;

  constructor(message: string, options: TaskFailure = {}) {
    super(message, options);
    this.taskName = options.taskName ?? '';
    this.remoteStack = options.remoteStack ?? '';
    // The line that the user wants to see is in the function, not where the answer was decoded.
    if (this.remoteStack) this.stack = `${this.name}: ${message}\n${this.remoteStack}`;
  }
}

/**
 * The task was cancelled by `session.cancel`, its `signal`, or the end of the session.
 *
 * @example
 * ```ts
 * import { CancelledError, connect } from 'gridbook';
 *
 * await using session = await connect({ workers: 1 });
 * const endless = session.remote(() => {
 *   for (;;);
 * })();
 * session.cancel(endless, { force: true });
 * await endless.promise().catch((error) => console.log(error instanceof CancelledError)); // prints: true
 * ```
 */
export class CancelledError extends GridbookError {
  override readonly code: string = 'CANCELLED';
}

/**
 * A wait or an attempt took longer than its `timeoutMs`.
 *
 * @example
 * ```ts
 * import { connect, TimeoutError } from 'gridbook';
 *
 * await using session = await connect({ workers: 1 });
 * const endless = session.remote(
 *   () => {
 *     for (;;);
 *   },
 *   { timeoutMs: 50 },
 * );
 * await endless()
 *   .promise()
 *   .catch((error) => console.log(error instanceof TimeoutError)); // prints: true
 * ```
 */
export class TimeoutError extends GridbookError {
  override readonly code: string = 'TIMEOUT';
  override readonly retryable: boolean = true;
}

/** Why a worker ended although nobody asked it to. */
export type WorkerDeathReason =
  | 'exit'
  | 'out-of-memory'
  | 'uncaught-error'
  | 'killed'
  | 'node-died'
  | 'connection-lost';

/** What is known about a worker that died. */
export interface WorkerDeath extends GridbookErrorOptions {
  /** What ended it. */
  reason: WorkerDeathReason;
  /** The exit code of the thread or process, when there was one. */
  exitCode?: number;
  /** True when the task may have begun on the worker, so that running it again may repeat its effects. */
  mayHaveRun: boolean;
}

/**
 * The worker that ran the task died, and the task has no retries left.
 *
 * @example
 * ```ts
 * import { connect, WorkerDiedError } from 'gridbook';
 *
 * await using session = await connect({ workers: 1 });
 * const leave = session.remote(() => process.exit(3), { maxRetries: 0 });
 * try {
 *   await leave();
 * } catch (error) {
 *   if (error instanceof WorkerDiedError) console.log(error.reason, error.exitCode, error.mayHaveRun); // prints: exit 3 true
 * }
 * ```
 */
export class WorkerDiedError extends GridbookError {
  override readonly code: string = 'WORKER_DIED';
  override readonly retryable: boolean = true;
  /** What ended the worker. */
  readonly reason: WorkerDeathReason;
  /** The exit code of the thread or process; undefined when there was none. */
  readonly exitCode: number | undefined;
  /** True when the task may have begun, so that running it again may repeat its effects. */
  readonly mayHaveRun: boolean;

  constructor(message: string, options: WorkerDeath) {
    super(message, options);
    this.reason = options.reason;
    this.exitCode = options.exitCode;
    this.mayHaveRun = options.mayHaveRun;
  }
}

/** The node that held the worker died, and the task has no retries left. */
export class NodeDiedError extends WorkerDiedError {
  override readonly code: string = 'NODE_DIED';
}

/** The actor is gone: killed, failed to start, or died more often than `maxRestarts`. */
export class ActorDiedError extends GridbookError {
  override readonly code: string = 'ACTOR_DIED';
  /** True when the call may have begun on the actor before it died. */
  readonly mayHaveRun: boolean;

  constructor(message: string, options: GridbookErrorOptions & { mayHaveRun?: boolean } = {}) {
    super(message, options);
    this.mayHaveRun = options.mayHaveRun ?? false;
  }
}

/** The value of an object cannot be had any more: what held it is gone. */
export class ObjectLostError extends GridbookError {
  override readonly code: string = 'OBJECT_LOST';
}

/** A connection could not be made or was cut. */
export class ConnectionError extends GridbookError {
  override readonly code: string = 'CONNECTION';
  override readonly retryable: boolean = true;
}

/** The session, actor or channel that was used is closed. */
export class ClosedError extends GridbookError {
  override readonly code: string = 'CLOSED';
}

/** A peer sent what the protocol does not allow. */
export class ProtocolError extends GridbookError {
  override readonly code: string = 'PROTOCOL';
}

/** Two sides run versions that do not go together. */
export class VersionError extends GridbookError {
  override readonly code: string = 'VERSION';
}

/** Resources were asked for that the cluster can never grant. */
export class ResourceError extends GridbookError {
  override readonly code: string = 'RESOURCES';
}

/** The token is missing or wrong. */
export class AuthenticationError extends GridbookError {
  override readonly code: string = 'AUTHENTICATION';
}

/**
 * What is kept in a store of experiments cannot be had, or nothing can be kept: the file is damaged or of another
 * program, the disk is full, there is no such experiment. The message says which, and what would help.
 */
export class StoreError extends GridbookError {
  override readonly code: string = 'STORE';
}
