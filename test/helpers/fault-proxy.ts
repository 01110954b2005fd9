// Stands between a session and its daemon, and does to WebSocket frames what networks and broken peers may.
//
// Owns: its listener and its connections. Does not own: either end. It knows where a frame begins and ends, and no more.

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface SeenFrame {
  readonly from: 'client' | 'daemon';
  /** Of the request that opened the connection. */
  readonly path: string;
  /** A whole message in one frame. */
  readonly isMessage: boolean;
  readonly bytes: Buffer;
}

/** What goes on in place of a frame; `isCutAfter` ends the connection after it. */
export interface Passed {
  readonly frames: readonly Buffer[];
  readonly isCutAfter?: boolean;
  /** Ends the connection when no further message comes from the same side in this time. */
  readonly unlessFollowedMs?: number;
}

/** How many bytes the frame at the front has; undefined while that cannot be seen. */
function frameBytes(buffer: Buffer): number | undefined {
  if (buffer.length < 2) return undefined;
  const maskBytes = (buffer[1]! & 0x80) === 0 ? 0 : 4;
  const short = buffer[1]! & 0x7f;
  if (short < 126) return 2 + maskBytes + short;
  if (short === 126) return buffer.length < 4 ? undefined : 4 + maskBytes + buffer.readUInt16BE(2);
  return buffer.length < 10 ? undefined : 10 + maskBytes + Number(buffer.readBigUInt64BE(2));
}

/** Whoever asks for it is the server of what follows: it is passed on as it is. */
const meetingPath = '/v1/actor-call/';

export class FaultProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  /** What becomes of each frame. */
  onFrame: (frame: SeenFrame) => Passed = ({ bytes }) => ({ frames: [bytes] });
  /** Nothing arrives any more, on no connection, and nobody is told: a cable was pulled out. */
  isSilent = false;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#onConnection(client));
  }

  /** Passes everything on to a port of loopback. */
  static async open(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new TypeError('The proxy has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  #onConnection(client: Socket): void {
    const daemon = connect(this.#targetPort, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      daemon.destroy();
    };
    for (const socket of [client, daemon]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    let path = '';
    // A daemon takes requests that mean itself only.
    const host = new URL(this.url).host;
    this.#pass(
      'client',
      client,
      daemon,
      end,
      () => path,
      (head) => {
        path = head.split(' ', 2)[1] ?? '';
        return head.replace(host, `127.0.0.1:${this.#targetPort}`);
      },
    );
    this.#pass(
      'daemon',
      daemon,
      client,
      end,
      () => path,
      (head) => head,
    );
  }

  #pass(
    from: SeenFrame['from'],
    source: Socket,
    target: Socket,
    end: () => void,
    path: () => string,
    onHead: (head: string) => string,
  ): void {
    let buffer = Buffer.alloc(0);
    let isOpen = false;
    let unfollowed: NodeJS.Timeout | undefined;
    source.on('close', () => clearTimeout(unfollowed));
    source.on('data', (data: Buffer) => {
      if (this.isSilent) return;
      if (path().startsWith(meetingPath)) {
        target.write(data);
        return;
      }
      buffer = Buffer.concat([buffer, data]);
      if (!isOpen) {
        const at = buffer.indexOf('\r\n\r\n');
        if (at < 0) return;
        target.write(onHead(buffer.toString('latin1', 0, at + 4)), 'latin1');
        buffer = buffer.subarray(at + 4);
        isOpen = true;
      }
      for (;;) {
        const size = frameBytes(buffer);
        if (size === undefined || buffer.length < size) return;
        const bytes = buffer.subarray(0, size);
        buffer = buffer.subarray(size);
        const isMessage = bytes[0] === 0x82;
        if (isMessage) clearTimeout(unfollowed);
        const {
          frames,
          isCutAfter = false,
          unlessFollowedMs,
        } = this.onFrame({
          from,
          path: path(),
          isMessage,
          bytes,
        });
        for (const frame of frames) target.write(frame);
        if (unlessFollowedMs !== undefined) unfollowed = setTimeout(end, unlessFollowedMs);
        if (!isCutAfter) continue;
        // What was written arrives before the end does.
        target.end(end);
        return;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
