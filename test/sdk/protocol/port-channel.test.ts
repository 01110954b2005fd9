// Memory that crosses a port goes back and forth, and only what is fit for it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import type { Frame } from '../../../sdk/protocol/channel.ts';
import { PortChannel } from '../../../sdk/protocol/port-channel.ts';

class Pair implements Disposable {
  readonly #ports = new MessageChannel();
  readonly near = new PortChannel(this.#ports.port1);
  readonly far = new PortChannel(this.#ports.port2);

  [Symbol.dispose](): void {
    this.#ports.port1.close();
  }
}

function frameOf(byteLength: number, fill = 0, shared: readonly Uint8Array[] = []): Frame {
  return { bytes: new Uint8Array(byteLength).fill(fill), shared };
}

/** Sends a frame over, and gives it as it arrived. */
function cross(from: PortChannel, to: PortChannel, frame: Frame): Promise<Frame> {
  return new Promise((resolve) => {
    to.onFrame = resolve;
    from.send(frame);
  });
}

describe('PortChannel.recycle()', () => {
  test('lets the side that sent a frame have its memory again, with the next frame', async () => {
    using pair = new Pair();
    const arrived = await cross(pair.far, pair.near, frameOf(64 * 1024, 7));
    pair.near.recycle(arrived);
    assert.equal(arrived.bytes.byteLength, 64 * 1024, 'it travels with the next frame, not before');
    const shared = new Uint8Array(new SharedArrayBuffer(8));
    for (const next of [frameOf(16, 1), frameOf(16, 2, [shared]), frameOf(8192, 3)]) {
      const { bytes, shared: objects } = next;
      const [length, first] = [bytes.byteLength, bytes[0]];
      const { bytes: got, shared: gotObjects } = await cross(pair.near, pair.far, next);
      assert.deepEqual([got.byteLength, got[0], gotObjects.length], [length, first, objects.length]);
    }
    assert.equal(arrived.bytes.byteLength, 0, 'it is there and not here');
    assert.equal(pair.far.takeMemory(64 * 1024)?.byteLength, 64 * 1024);
    assert.equal(pair.far.takeMemory(64 * 1024), undefined, 'it is used once');
  });

  test('gives no memory that is too small, and keeps neither small nor very large nor too much of it', async () => {
    using pair = new Pair();
    for (const byteLength of [64, 16 * 1024, 1024 * 1024 + 8, 20_001]) pair.near.recycle(frameOf(byteLength));
    await cross(pair.near, pair.far, frameOf(16));
    assert.equal(pair.far.takeMemory(16 * 1024 + 8), undefined);
    assert.equal(pair.far.takeMemory(16 * 1024), undefined, 'what was too small is not kept');
    for (let i = 0; i < 2; i++) {
      for (let k = 0; k < 3; k++) pair.near.recycle(frameOf(32 * 1024));
      await cross(pair.near, pair.far, frameOf(16));
    }
    const taken = Array.from({ length: 6 }, () => pair.far.takeMemory(32 * 1024)?.byteLength);
    assert.deepEqual(
      taken.map((byteLength) => byteLength ?? 0),
      [32, 32, 32, 32, 0, 0].map((kibibytes) => kibibytes * 1024),
    );
  });
});
