// Other sessions call named actors of this one: each by a channel of its own, on which it speaks as a task does that
// calls an actor of its program.
//
// Owns: nothing. Does not own: the calls (nested-tasks.ts), the ways (cluster/head-actors.ts).
// Callers: session-core.ts.
//
// Invariants:
//   C1. A caller may call actors that have names, and end them; it may run nothing else here.
//   C2. What cannot be read ends that caller's channel, and nothing else.

import { createActor } from './actor.ts';
import { actorGone } from './actor-names.ts';
import type { ActorChannel } from './cluster/cluster.ts';
import { InvalidArgumentError, ProtocolError } from './errors.ts';
import type { NestSurroundings } from './nested-tasks.ts';
import { type FrameReader, readFrame } from './protocol/codec.ts';
import { asWorkerMessages } from './protocol/messages.ts';
import type { SessionCore } from './session-core.ts';
import type { TaskTarget } from './task.ts';

/** C1 */
const nowhere: TaskTarget = {
  expect: () => {},
  forgo: () => {},
  cancel: () => undefined,
  submit: (task) => {
    task.state = 'settled';
    task.sink.onError(task, new InvalidArgumentError('Another session can call actors here, and run nothing else'));
  },
};

/** Answers a caller until it has gone. */
export function serveCaller(core: SessionCore, channel: ActorChannel): void {
  const around: NestSurroundings = {
    target: nowhere,
    taskAt: () => undefined,
    findActor(name) {
      const actor = core.findOwnActor(name);
      if (actor === undefined) throw actorGone(name);
      return actor;
    },
  };
  if (core.keepsActorsOfOthers) around.createActor = (...birth) => createActor(core, ...birth);
  channel.onClose = () => core.nested.onGone(channel);
  channel.onFrame = (frame) => {
    try {
      const reader: FrameReader = readFrame(frame.bytes);
      for (const message of asWorkerMessages(reader.header)) {
        switch (message.type) {
          case 'task.nest':
          case 'task.run':
          case 'function.define':
          case 'function.forget':
          case 'nest.cancel':
          case 'actor.kill':
            core.nested.onMessage(channel, message, frame, reader, around);
            break;
          default:
            throw new ProtocolError(`Cannot read a frame: a caller of actors says no ${message.type}`);
        }
      }
    } catch {
      channel.close(); // C2
    }
  };
}
