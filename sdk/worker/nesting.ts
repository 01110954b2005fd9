// How a worker's executor and the session of its tasks know each other, without the one loading the other.
//
// A worker starts without a session's code: only tasks that ask for their session load it.
//
// Owns: the one slot. Callers: executor.ts fills it, current-session.ts looks into it.

import type { Frame } from '../protocol/channel.ts';
import type { FrameReader } from '../protocol/codec.ts';
import type { SessionToNesting } from '../protocol/messages.ts';
import type { RunningTask } from './running-task.ts';

/** What an executor offers to the session of its tasks. */
export interface Nesting {
  /** Sends a frame to the session that owns the worker. */
  send(frame: Frame): void;
  /** Called with what that session answers. */
  onAnswer: (message: SessionToNesting, frame: Frame, reader: FrameReader) => void;
  /** The task whose code runs now, as far as that is known. */
  currentTask(): RunningTask | undefined;
  /** The task waits for its own tasks, until the returned function is called. */
  beginWait(task: RunningTask): () => void;
}

let present: Nesting | undefined;

/** Called by the executor that runs here. */
export function setNesting(nesting: Nesting): void {
  present = nesting;
}

/** The executor that runs here; undefined in a program. */
export function presentNesting(): Nesting | undefined {
  return present;
}
