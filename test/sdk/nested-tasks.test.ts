// What a session keeps of what workers say of tasks of their tasks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { coreOf } from '../../sdk/core-of.ts';
import { connect } from '../../sdk/index.ts';
import type { Channel, Frame } from '../../sdk/protocol/channel.ts';
import { buildFrame, readFrame } from '../../sdk/protocol/codec.ts';
import { readValue } from '../../sdk/protocol/deserialization.ts';
import { asSessionMessages, type NestingToSession } from '../../sdk/protocol/messages.ts';
import { writeArguments } from '../../sdk/protocol/payload.ts';
import { plainWorker } from '../../sdk/task-options.ts';
import { textOf } from '../../sdk/text-of.ts';

test('of a task that was announced and did not come with the next frame nothing is kept', async () => {
  await using session = await connect({ address: 'embedded', workers: 1 });
  const core = coreOf(session);
  const answers: string[] = [];
  const channel: Channel = {
    send: ({ bytes }) => {
      const reader = readFrame(bytes);
      for (const message of asSessionMessages(reader.header)) {
        assert.ok(message.type === 'task.failed');
        answers.push(`${message.id}: ${textOf(readValue(message.error, reader))}`);
      }
    },
    onFrame: () => {},
    setBusy: () => {},
  };
  const around = { target: core.pool(plainWorker), taskAt: () => undefined };
  const say = (...messages: NestingToSession[]): void => {
    const frame: Frame = { bytes: buildFrame([], messages), shared: [] };
    for (const message of messages) core.nested.onMessage(channel, message, frame, readFrame(frame.bytes), around);
  };
  const announce = (id: number): NestingToSession => {
    const rules = { name: 'call', maxRetries: 0, retryErrors: false, timeoutMs: null };
    return { type: 'task.nest', ids: [id], parent: null, actor: 'nobody', ...rules };
  };
  const run = (id: number): NestingToSession => {
    return { type: 'task.run', functionId: 1, attempt: 1, ids: [id], args: [writeArguments([]).node], objects: [] };
  };
  say({
    type: 'function.define',
    functionId: 1,
    name: 'call',
    role: { type: 'method', method: 'call' },
    captures: null,
  });
  say(announce(1), announce(2));
  say(run(2));
  say(announce(3));
  say(run(1), run(3));
  await setImmediate();
  const nobody = 'Cannot get the actor "nobody": there is no living one of that name';
  assert.deepEqual(answers, [`2: ${nobody}`, '1: A task came without rules', `3: ${nobody}`]);
});
