// The functions that a session has defined on this worker, and the actor that lives here, if one does.
//
// Owns: receiving code, once a function; the actor's instance. Does not own: calling (executor.ts).

import { ActorDiedError, ProtocolError } from '../errors.ts';
import { receive } from '../function-shipping/receive.ts';
import type { FunctionId } from '../protocol/ids.ts';
import type { FunctionDefine } from '../protocol/messages.ts';
import { asError } from '../text-of.ts';

/** What a task calls, with its arguments as an array's elements. */
export type Callable = (...args: unknown[]) => unknown;

export interface WorkerFunction {
  readonly name: string;
  /** The function; a promise while it is still being made; an error when that failed. */
  callable: Callable | Promise<void> | Error;
  /** Its result stays valid during its next call, so that a fold need not copy it. Our own workloads promise that. */
  readonly resultOutlivesNextCall: boolean;
  /** Whether others may begin while its task waits for its own tasks. */
  readonly mayPark: boolean;
  /** What its tasks took so far on this worker, in milliseconds; undefined before the first. */
  expectedMs: number | undefined;
}

function isCallable(value: unknown): value is Callable {
  return typeof value === 'function';
}

export class FunctionTable {
  readonly #functions = new Map<FunctionId, WorkerFunction>();
  #actor: object | undefined;

  get hasActor(): boolean {
    return this.#actor !== undefined;
  }

  define(message: FunctionDefine, captures: Record<string, unknown>): void {
    const { functionId, name, role, code } = message;
    const entry: WorkerFunction = {
      name,
      callable: new ProtocolError(`The function "${name}" has no code`),
      resultOutlivesNextCall: code?.kind === 'builtin',
      mayPark: role.type === 'call',
      expectedMs: undefined,
    };
    this.#functions.set(functionId, entry);
    if (role.type === 'method') {
      entry.callable = (...args) => this.#callMethod(role.method, args);
      return;
    }
    if (code === undefined) return;
    const adapt = (received: unknown): Callable => {
      if (!isCallable(received)) throw new ProtocolError(`"${name}" is not a function on the worker`);
      if (role.type === 'call') return received;
      return (...args) => {
        this.#actor = Reflect.construct(received, args);
        return undefined;
      };
    };
    const failed = (error: unknown): void => {
      entry.callable = asError(error);
    };
    try {
      const received: unknown = receive(code, captures);
      if (received instanceof Promise) {
        entry.callable = received
          .then((f: unknown) => {
            entry.callable = adapt(f);
          })
          .catch(failed);
      } else {
        entry.callable = adapt(received);
      }
    } catch (error) {
      failed(error);
    }
  }

  #callMethod(method: string, args: unknown[]): unknown {
    if (this.#actor === undefined) throw new ActorDiedError('Cannot call the actor: it was not constructed');
    const member: unknown = Reflect.get(this.#actor, method);
    if (typeof member !== 'function') {
      throw new TypeError(
        `Cannot call ${method}: the actor ${this.#actor.constructor.name || 'anonymous'} has no such method`,
      );
    }
    return Reflect.apply(member, this.#actor, args);
  }

  forget(functionId: FunctionId): void {
    this.#functions.delete(functionId);
  }

  get(functionId: FunctionId): WorkerFunction {
    const entry = this.#functions.get(functionId);
    if (entry === undefined) throw new ProtocolError(`Function ${functionId} was never defined on this worker`);
    return entry;
  }
}

/** What a function that is still being made waits for. */
export function pendingDefinition(entry: WorkerFunction | undefined): Promise<void> | undefined {
  return entry?.callable instanceof Promise ? entry.callable : undefined;
}

/** How long a task of the function took. */
export function learn(entry: WorkerFunction, runMs: number): void {
  entry.expectedMs = entry.expectedMs === undefined ? runMs : 0.8 * entry.expectedMs + 0.2 * runMs;
}
