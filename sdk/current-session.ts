// currentSession: the session of the task that runs here.
//
// Inside a worker it is a session whose tasks are run by the session that owns the worker. It has `remote`, `map`,
// `reduce`, `put`, `get`, `wait`, `cancel`, and `getActor` for the program's actors. What it has not is refused: starting
// actors, resources, the number of workers, and closing, which is the program's to do.
//
// Owns: one session an executor. Does not own: the tasks' way (worker/parent-pool.ts), or who waits (worker/executor.ts).

import { callRules } from './actor.ts';
import type { NamedActor } from './actor-names.ts';
import type { Cluster } from './cluster/cluster.ts';
import { coreOf } from './core-of.ts';
import { InvalidArgumentError } from './errors.ts';
import type { ObjectRef } from './object-ref.ts';
import { keyOf } from './placement.ts';
import { callForRef } from './remote.ts';
import { Session } from './session.ts';
import type { SessionCore } from './session-core.ts';
import type { FunctionHandle, TaskRules, TaskTarget } from './task.ts';
import { plainWorker } from './task-options.ts';
import { type Nesting, presentNesting } from './worker/nesting.ts';
import { ParentPool } from './worker/parent-pool.ts';

function refuse(what: string, instead: string): never {
  throw new InvalidArgumentError(`Cannot ${what} inside a task: ${instead}`);
}

/** What grants leases to the program, seen from inside one of them. */
const ownersCluster: Cluster = {
  name: 'the session of the program',
  get workersMax(): number {
    return refuse('tell the number of workers', 'pass session.workers as an argument');
  },
  request: () => refuse('start an actor', 'start it in the program'),
  withWorkers: () => refuse('open a session', 'open it in the program'),
  close: () => Promise.resolve(),
};

/** The session of a worker's tasks. */
class TaskSession extends Session {
  override close(): Promise<void> {
    const why = 'it is the session of the program, which closes it';
    return Promise.reject(new InvalidArgumentError(`Cannot close the session inside a task: ${why}`));
  }
}

function openSession(nesting: Nesting): Session {
  let opened: ParentPool | undefined;
  const openPool = (): ParentPool => {
    opened ??= new ParentPool(nesting, coreOf(session).timings);
    return opened;
  };
  const session: Session = new TaskSession(ownersCluster, {
    openPool(terms) {
      if (keyOf(terms) !== keyOf(plainWorker)) {
        refuse('choose resources or a placement', 'its own tasks run on workers like its own');
      }
      return openPool();
    },
    findActor: (name) => new ActorOfOwner(coreOf(session), openPool().ofActor(name), name),
  });
  return session;
}

/** An actor of the program, called from a task. Whether it lives shows at the call. */
class ActorOfOwner implements NamedActor {
  readonly #core: SessionCore;
  readonly #target: TaskTarget;
  readonly #name: string;
  readonly #methods = new Map<string, { handle: FunctionHandle; rules: TaskRules }>();

  constructor(core: SessionCore, target: TaskTarget, name: string) {
    this.#core = core;
    this.#target = target;
    this.#name = name;
  }

  call(method: string, args: readonly unknown[]): ObjectRef<unknown> {
    let known = this.#methods.get(method);
    if (known === undefined) {
      known = { handle: this.#core.handleOfMethod(method), rules: callRules(`${this.#name}.${method}`) };
      this.#methods.set(method, known);
    }
    return callForRef(this.#core, this.#target, known.handle, known.rules, undefined, args);
  }

  kill(): void {
    refuse('kill an actor', 'kill it in the program');
  }
}

const sessions = new WeakMap<Nesting, Session>();

/**
 * The session of the task that calls this, so that tasks can have tasks of their own. A task that waits for its own
 * tasks keeps no other from its worker meanwhile. A task that is cancelled, or lost with its worker, takes the tasks
 * under it along; one that returns does not.
 *
 * @returns the session: it finds actors by name, but starts none, and is not closed; resources cannot be chosen.
 * @throws InvalidArgumentError outside of a task.
 * @example
 * ```ts
 * import { connect, currentSession } from 'gridbook';
 *
 * await using session = await connect({ workers: 2 });
 * const fibonacci = session.remote(async function fib(n: number): Promise<number> {
 *   if (n < 2) return n;
 *   const again = currentSession().remote(fib);
 *   const [a, b] = await currentSession().get([again(n - 1), again(n - 2)]);
 *   return a + b;
 * });
 * console.log(await fibonacci(6)); // prints: 8
 * ```
 */
export function currentSession(): Session {
  const nesting = presentNesting();
  if (nesting === undefined) {
    throw new InvalidArgumentError('currentSession() is for tasks: a program has what connect() gives');
  }
  nesting.currentTask(); // whatever it waits for later is known to be its
  let session = sessions.get(nesting);
  if (session === undefined) {
    session = openSession(nesting);
    sessions.set(nesting, session);
  }
  return session;
}
