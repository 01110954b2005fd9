// What a session and a worker say to each other. A frame's header is a list of these.
//
// A task may have tasks of its own. Its worker says of them what a session says to a worker, after `task.nest`, and is
// answered as a session is; the session runs them as its own.
//
// Fields of type `WireValue` hold users' values and are decoded only where they are used. A value that is stored
// outside the frame stands as `[index, tags.stored]`, an index into what the channel carries beside the frame, or as
// `[place, tags.stored]` where it stayed on a node (cluster/objects.ts).

import type { WorkerTerms } from '../cluster/cluster.ts';
import { ProtocolError } from '../errors.ts';
import type { ShippedCode } from '../function-shipping/index.ts';
import type { FunctionId, TaskId } from './ids.ts';
import { isResultRows, type ResultRows } from './result-rows.ts';
import type { WireValue } from './wire-value.ts';

/** What a function is for: called as it is, called with `new` to make the worker's actor, or a method of that actor. */
export type FunctionRole = { type: 'call' } | { type: 'construct' } | { type: 'method'; method: string };

/** Gives a function its number. Sent once a lease, before the first task that needs it. */
export interface FunctionDefine {
  type: 'function.define';
  functionId: FunctionId;
  name: string;
  role: FunctionRole;
  /** Undefined for a method: its actor has it. */
  code?: ShippedCode;
  captures: WireValue;
}

/** The session uses the function no more; tasks that came before still may. */
export interface FunctionForget {
  type: 'function.forget';
  functionId: FunctionId;
}

/** Tasks of one function and one attempt number, to be run in this order. */
export interface TaskRun {
  type: 'task.run';
  functionId: FunctionId;
  attempt: number;
  ids: TaskId[];
  /** Each an array of arguments, parallel to `ids`. */
  args: WireValue[];
  /** The values of the references among the arguments, each a frame of one value. */
  objects: WireValue[];
  /** Large results may stay in the node's store, so that only their places are sent. */
  keep?: boolean;
  /** Combine the results of neighbours, those whose positions follow each other, with this function. */
  combine?: { functionId: FunctionId; positions: number[] };
}

/** These need not begin any more. Answered by `task.skipped` for those that had not. */
export interface TaskCancel {
  type: 'task.cancel';
  ids: TaskId[];
}

/** A large value that tasks of this and of later frames name by its number, as `[-number, tags.stored]`. */
export interface ObjectShare {
  type: 'object.share';
  object: number;
  value: WireValue;
}

/** No later task names these; those that came before still may. */
export interface ObjectForget {
  type: 'object.forget';
  objects: number[];
}

/** From now on what tasks print is told by `task.output`, and goes on no other way to the program. */
export interface OutputTake {
  type: 'output.take';
}

export type SessionToWorker =
  | FunctionDefine
  | FunctionForget
  | TaskRun
  | TaskCancel
  | ObjectShare
  | ObjectForget
  | OutputTake;

/** How an actor lives that a session makes for another one. */
export interface ActorBirth extends WorkerTerms {
  readonly maxRestarts: number;
}

/** Says of tasks of a task what `task.run`, which follows, does not: whose they are, and their rules. */
export interface TaskNest {
  type: 'task.nest';
  /** The number of each is the worker's own, and apart from those of the session. */
  ids: TaskId[];
  /** The task that submitted them, by the session's number; null when it is not known which. */
  parent: TaskId | null;
  /** Set for calls of an actor of this name: whose method is what the function names. */
  actor: string | null;
  /** Set when there is to be an actor of that name first, which the task makes. */
  birth?: ActorBirth;
  name: string;
  maxRetries: number;
  retryErrors: boolean;
  timeoutMs: number | null;
}

/** Nobody on the worker wants the outcome of these tasks of tasks any more. */
export interface NestCancel {
  type: 'nest.cancel';
  ids: TaskId[];
  force: boolean;
}

/** Ends an actor of the session that is spoken to. */
export interface ActorKill {
  type: 'actor.kill';
  actor: string;
}

/** These tasks wait for their own tasks and keep no other from running; or they go on. */
export interface TaskWaiting {
  type: 'task.waiting' | 'task.resumed';
  attempt: number;
  ids: TaskId[];
}

/** When a batch was received, when its first task began, and when its answer left, in milliseconds of `nowMs`. */
export interface BatchTimes {
  receivedAt: number;
  startedAt: number;
  flushedAt: number;
}

/** Results in the order in which the tasks ran. */
export interface TaskResults extends BatchTimes {
  type: 'task.results';
  attempt: number;
  ids: TaskId[];
  /** Parallel to `ids`; empty where `rows` says where they are. */
  values: WireValue[];
  rows?: ResultRows;
  /** A Float32Array: what each task took, in microseconds. */
  runUs: WireValue;
}

/** One result that stands for several neighbours. */
export interface TaskCombined extends BatchTimes {
  type: 'task.combined';
  attempt: number;
  ids: TaskId[];
  value: WireValue;
  runUs: WireValue;
}

/** The function threw, its arguments or result could not be read or sent, or it could not be made at all. */
export interface TaskFailed extends BatchTimes {
  type: 'task.failed';
  attempt: number;
  id: TaskId;
  error: WireValue;
  runMs: number;
  /** The object among its arguments that could not be had, so that the function was not called. */
  lost?: string;
}

/** These were taken out before they began. */
export interface TaskSkipped {
  type: 'task.skipped';
  attempt: number;
  ids: TaskId[];
}

/** The worker ends when it has nothing to answer for: it is to be sent nothing more but tasks that parked ones wait for. */
export interface WorkerLeaving {
  type: 'worker.leaving';
}

/** A rejection that nobody handled, of a task whose answer had left already. */
export interface WorkerStrayError {
  type: 'worker.stray-error';
  error: WireValue;
}

/** A task printed; null when it is not known which. */
export interface TaskOutputMessage {
  type: 'task.output';
  id: TaskId | null;
  stream: 'stdout' | 'stderr';
  text: string;
}

export type WorkerToSession =
  | TaskResults
  | TaskCombined
  | TaskFailed
  | TaskSkipped
  | WorkerLeaving
  | WorkerStrayError
  | TaskWaiting
  | TaskOutputMessage;

/** What a worker says of its tasks' own tasks. */
export type NestingToSession = TaskNest | FunctionDefine | FunctionForget | TaskRun | NestCancel | ActorKill;

/** Whatever comes from a worker. */
export type WorkerMessage = WorkerToSession | NestingToSession;

/** What the session answers to that. */
export type SessionToNesting = TaskResults | TaskFailed;

const sessionTypes = new Set([
  'function.define',
  'function.forget',
  'task.run',
  'task.cancel',
  'object.share',
  'object.forget',
  'output.take',
  'task.results',
  'task.failed',
]);
const workerTypes = new Set([
  'task.results',
  'task.combined',
  'task.failed',
  'task.skipped',
  'task.waiting',
  'task.resumed',
  'worker.leaving',
  'worker.stray-error',
  'task.output',
  'task.nest',
  'function.define',
  'function.forget',
  'task.run',
  'nest.cancel',
  'actor.kill',
]);

function isMessageOf(types: ReadonlySet<string>, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  if (typeof value.type !== 'string' || !types.has(value.type)) return false;
  if ('ids' in value && !Array.isArray(value.ids)) return false;
  return hasParts(value.type, value);
}

/** Whether a message has the parts by which tasks are found and settled. Values are checked where they are read. */
function hasParts(type: string, message: object): boolean {
  const isNumber = (name: string): boolean => typeof Reflect.get(message, name) === 'number';
  const lengthOf = (name: string): number | undefined => {
    const list: unknown = Reflect.get(message, name);
    return Array.isArray(list) ? list.length : undefined;
  };
  switch (type) {
    case 'task.results':
      if (!isNumber('attempt') || lengthOf('ids') === undefined) return false;
      return 'rows' in message ? isResultRows(message.rows) : lengthOf('ids') === lengthOf('values');
    case 'task.combined':
    case 'task.skipped':
    case 'task.waiting':
    case 'task.resumed':
      return isNumber('attempt') && lengthOf('ids') !== undefined;
    case 'task.failed':
      return isNumber('attempt') && isNumber('id') && isNumber('runMs');
    default:
      return true;
  }
}

function isSessionMessages(header: unknown): header is (SessionToWorker | SessionToNesting)[] {
  return Array.isArray(header) && header.every((m) => isMessageOf(sessionTypes, m));
}

function isWorkerMessages(header: unknown): header is WorkerMessage[] {
  return Array.isArray(header) && header.every((m) => isMessageOf(workerTypes, m));
}

/** The header of a frame from a session. @throws ProtocolError when it is something else. */
export function asSessionMessages(header: unknown): (SessionToWorker | SessionToNesting)[] {
  if (!isSessionMessages(header)) throw new ProtocolError('Cannot read a frame: no messages of a session in it');
  return header;
}

/** The header of a frame from a worker. @throws ProtocolError when it is something else. */
export function asWorkerMessages(header: unknown): WorkerMessage[] {
  if (!isWorkerMessages(header)) throw new ProtocolError('Cannot read a frame: no messages of a worker in it');
  return header;
}
