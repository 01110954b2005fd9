// What strangers and peers pour onto a daemon in a process of its own: bombs of all kinds, and connections that say
// nothing. Its memory stays where it was, and whoever has the token is let in at once.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { assertWithin, timeOf } from '../helpers/bar.ts';
import { childEnv, ProcessCluster } from '../helpers/cluster-process.ts';
import { upgradeHeaders } from '../helpers/daemon-home.ts';

const mebibyte = 2 ** 20;
const moreBytesMax = 50 * mebibyte;
/** How much of a bomb is sent at most, if nobody ends the connection before. */
const sentBytesMax = 64 * mebibyte;

interface Bomb {
  readonly head: string;
  readonly piece: Buffer;
  /** Whether what the daemon answers is left unread. */
  readonly isDeaf?: boolean;
}

/** A frame of a client with a mask of zeros; its length may be a lie. */
function frame(first: number, payload: Buffer, length = payload.length): Buffer {
  const head = Buffer.alloc(14);
  head[0] = first;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

/** A ping with a mask of zeros. */
const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 100, 0, 0, 0, 0]), Buffer.alloc(100)]);

describe('a daemon', () => {
  let cluster: ProcessCluster;
  before(async () => {
    cluster = await ProcessCluster.open([0]);
  });
  after(() => cluster.close());

  /** Memory of the daemon in bytes: now, and at most since `resetPeak`. */
  function memoryBytes(name: 'VmRSS' | 'VmHWM'): number {
    const text = readFileSync(`/proc/${cluster.head.pid}/status`, 'utf8');
    return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1]) * 1024;
  }

  function resetPeak(): void {
    writeFileSync(`/proc/${cluster.head.pid}/clear_refs`, '5');
  }

  function head(method: string, path: string, headers: Record<string, string>): string {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
  }

  /** Sends a bomb's head, and its piece again and again, as fast as it is taken, until the daemon ends the connection. */
  async function drop({ head: text, piece, isDeaf = false }: Bomb): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: cluster.head.port });
    socket.on('error', () => {});
    if (!isDeaf) socket.resume();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(text, 'latin1');
    let sentBytes = 0;
    const more = (): void => {
      while (!socket.destroyed && sentBytes < sentBytesMax) {
        sentBytes += piece.length;
        if (!socket.write(piece)) return void socket.once('drain', more);
      }
      socket.destroySoon();
    };
    more();
    await closed;
  }

  function bombs(): Record<string, Bomb> {
    const good = cluster.headersFor(cluster.head);
    const { Authorization: _, ...none } = good;
    const zeros = Buffer.alloc(mebibyte);
    const upgrade = { ...good, ...upgradeHeaders };
    const deflated = deflateRawSync(Buffer.alloc(256 * mebibyte));
    const json = Buffer.from(`[${'['.repeat(mebibyte)}`);
    return {
      'headers without end': { head: 'GET / HTTP/1.1\r\n', piece: Buffer.from(`X: ${'a'.repeat(4000)}\r\n`) },
      'one header without end': { head: 'GET / HTTP/1.1\r\nX: ', piece: Buffer.alloc(65_536, 'a') },
      'a first line without end': { head: 'GET /', piece: Buffer.alloc(65_536, 'a') },
      'a body of 100 GB without a token': {
        head: head('POST', '/v1/stop', { ...none, 'Content-Length': '100000000000' }),
        piece: zeros,
      },
      'chunks without end and without a token': {
        head: head('POST', '/v1/stop', { ...none, 'Transfer-Encoding': 'chunked' }),
        piece: Buffer.concat([Buffer.from('100000\r\n'), zeros, Buffer.from('\r\n')]),
      },
      'a body of 100 GB with the token': {
        head: head('GET', '/v1/status', { ...good, 'Content-Length': '100000000000' }),
        piece: zeros,
      },
      'a body of 256 MB in gzip': {
        head: head('GET', '/v1/status', {
          ...good,
          'Content-Encoding': 'gzip',
          'Content-Length': String(gzipSync(Buffer.alloc(256 * mebibyte)).length),
        }),
        piece: gzipSync(Buffer.alloc(256 * mebibyte)),
      },
      'a compressed frame of 256 MB that inflates': {
        head: head('GET', '/v1/session', { ...upgrade, 'Sec-WebSocket-Extensions': 'permessage-deflate' }),
        piece: frame(0xc2, deflated),
      },
      'a frame that says it has 2^62 bytes': {
        head: head('GET', '/v1/session', upgrade),
        piece: frame(0x82, zeros, 2 ** 62),
      },
      'a frame of 64 MB': {
        head: head('GET', '/v1/session', upgrade),
        piece: frame(0x82, Buffer.alloc(64 * mebibyte)),
      },
      'pieces of a message without end': {
        head: head('GET', '/v1/session', upgrade) + frame(0x01, Buffer.from('{')).toString('latin1'),
        piece: frame(0x00, Buffer.alloc(60_000, 'a')),
      },
      'pieces of no bytes without end': {
        head: head('GET', '/v1/session', upgrade) + frame(0x01, Buffer.from('{')).toString('latin1'),
        piece: Buffer.concat(Array.from({ length: 1000 }, () => frame(0x00, Buffer.alloc(0)))),
      },
      'pings without end that nobody reads the answers of': {
        head: head('GET', '/v1/node', upgrade),
        piece: Buffer.concat(Array.from({ length: 1000 }, () => ping)),
        isDeaf: true,
      },
      'JSON that is nested a million deep': { head: head('GET', '/v1/session', upgrade), piece: frame(0x81, json) },
    };
  }

  test('takes less than 50 MB more for bombs in its frames and bodies, eight of each at once, and serves on', async (t) => {
    const all = Object.entries(bombs());
    // What is loaded and compiled the first time is no bomb's.
    for (const [, bomb] of all) await drop({ ...bomb, piece: bomb.piece.subarray(0, 65_536) });
    const grown: string[] = [];
    for (const [what, bomb] of all) {
      resetPeak();
      const start = memoryBytes('VmRSS');
      await Promise.all(Array.from({ length: 8 }, () => drop(bomb)));
      const more = memoryBytes('VmHWM') - start;
      t.diagnostic(`${what}: ${Math.round(more / mebibyte)} MB more`);
      if (more > moreBytesMax) grown.push(`${what}: ${Math.round(more / mebibyte)} MB`);
    }
    assert.deepEqual(grown, []);
    const { daemon } = await cluster.statusOf(cluster.head);
    assert.equal(daemon.pid, cluster.head.pid);
  });

  test('lets whoever has the token in within 1 s while 5,000 connections are half open', async () => {
    const program = fileURLToPath(new URL('../fixtures/cluster/half-open-flood.ts', import.meta.url));
    const flood = spawn(process.execPath, [program, String(cluster.head.port), '5000'], {
      env: childEnv(),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(flood, 'exit');
    try {
      await once(flood.stdout, 'data');
      await assertWithin(1000, 'to log in', async () => {
        const times: number[] = [];
        for (let i = 0; i < 5; i++) {
          times.push(
            await timeOf(async () => {
              await using _ = await cluster.session();
            }),
          );
        }
        return Math.max(...times);
      });
    } finally {
      flood.stdin.end();
      await ended;
    }
    await cluster.untilFree();
  });
});
