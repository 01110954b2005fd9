// The floor under dispatch through a daemon: what a bare WebSocket over loopback carries to another process and back.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const program = fileURLToPath(new URL('./ws-echo-main.ts', import.meta.url));

export class WebSocketFloor {
  readonly #socket: WebSocket;
  readonly #close: () => Promise<void>;

  private constructor(socket: WebSocket, close: () => Promise<void>) {
    this.#socket = socket;
    this.#close = close;
  }

  static async open(): Promise<WebSocketFloor> {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    const [port] = await once(child.stdout, 'data');
    const socket = new WebSocket(`ws://127.0.0.1:${Number(String(port))}`, { perMessageDeflate: false });
    await once(socket, 'open');
    return new WebSocketFloor(socket, async () => {
      socket.terminate();
      child.kill();
      await exit;
    });
  }

  /** One message at a time; gives the mean time of a round trip in microseconds. */
  async roundTrip(count: number): Promise<number> {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const answered = new Promise((resolve) => this.#socket.once('message', resolve));
      this.#socket.send(Buffer.alloc(64));
      await answered;
    }
    return ((performance.now() - start) / count) * 1000;
  }

  close(): Promise<void> {
    return this.#close();
  }
}
