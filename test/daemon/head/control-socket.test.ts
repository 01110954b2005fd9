// The head's end of a control connection, where what a peer says cannot be done.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { pino } from 'pino';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { ControlSocket } from '../../../daemon/head/control-socket.ts';

test('a message that fails for what the system does not give costs its peer the connection, and is logged', async (t) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const logged: string[] = [];
  const told: string[] = [];
  const closed = Promise.withResolvers<void>();
  server.on('connection', (socket) => {
    new ControlSocket(socket, z.object({ n: z.number() }), {
      log: pino({}, { write: (line) => logged.push(line) }),
      onMessage: ({ n }) => {
        told.push(`message ${n}`);
        readFileSync('/nowhere/at-all');
      },
      onClose: (end) => {
        told.push(end);
        closed.resolve();
      },
    });
  });
  const peer = new WebSocket(`ws://127.0.0.1:${address.port}`);
  await once(peer, 'open');
  const ended = once(peer, 'close');
  for (const n of [1, 2]) peer.send(JSON.stringify({ n }));
  const [code, reason] = await ended;
  assert.equal(`${code} ${reason}`, '1011 the head could not do it; its log says why');
  await closed.promise;
  assert.deepEqual(told, ['message 1', 'seen']);
  assert.match(logged.join(''), /ENOENT.*what a peer said could not be done/);
});
