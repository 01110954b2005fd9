// A worker process whose daemon has gone: it ends, and takes the socket along that it was told to listen on last.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parentDescriptor } from '../../../sdk/worker/worker-process-messages.ts';

const entry = fileURLToPath(new URL('../../../sdk/worker/worker-process-main.ts', import.meta.url));

test('a worker whose daemon dies right after it offered it leaves no socket', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gridbook-orphan-'));
  const socket = join(directory, 'offered.sock');
  // The last pipe, whose end would have the process killed, stays open: here it is the process itself that has to notice.
  const worker = spawn(process.execPath, [entry], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  try {
    const pipe = worker.stdio[parentDescriptor];
    assert.ok(pipe instanceof Socket);
    let served = '';
    pipe.on('data', (piece: Buffer) => {
      served += piece.toString();
      if (served.includes('lease.served')) {
        assert.ok(existsSync(socket));
        pipe.destroy();
      }
    });
    pipe.write(`${JSON.stringify({ type: 'lease.serve', socket })}\n`);
    const [code] = await once(worker, 'exit');
    assert.equal(code, 0);
    assert.match(served, /lease\.served/);
    assert.equal(existsSync(socket), false);
  } finally {
    worker.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  }
});
