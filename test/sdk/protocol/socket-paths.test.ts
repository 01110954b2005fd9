// Unix sockets whose paths hold what an address would take for something else.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { openPeer } from '../../../sdk/internal.ts';

for (const name of ['a b', 'a:b', 'a%20b', 'ä', 'a?b#c']) {
  test(`openPeer() finds a socket in a folder named "${name}"`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), `gridbook-${name}-`));
    t.after(() => rmSync(folder, { recursive: true }));
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    const path = join(folder, 'worker.sock');
    server.listen(path);
    await once(server, 'listening');
    t.after(() => server.close());
    const came = once(sockets, 'connection');
    const socket = await openPeer({ socket: path }, { path: '/v1/x', messageBytesMax: 1000 });
    const [, request] = await came;
    assert.equal(request.url, '/v1/x');
    const closed = once(socket, 'close');
    socket.terminate();
    await closed;
  });
}
