// Frames between a session and its workers that come twice, or are cut short: each task settles once, and with its value.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HeadCluster } from '../../sdk/cluster/head-cluster.ts';
import { Session } from '../../sdk/session.ts';
import { ProcessCluster } from '../helpers/cluster-process.ts';
import { FaultProxy, type SeenFrame } from '../helpers/fault-proxy.ts';

const isOfWorker = ({ path, isMessage }: SeenFrame): boolean => path.startsWith('/v1/worker/') && isMessage;

describe('frames between a session and its workers', () => {
  let cluster: ProcessCluster;
  before(async () => {
    cluster = await ProcessCluster.open([0, 2]);
  });
  after(() => cluster.close());

  /** Runs tasks through a proxy; how often each settled. */
  async function settleAll(proxy: FaultProxy, count: number, spinMs = 0): Promise<void> {
    const place = { ...cluster.place, url: proxy.url };
    const session = new Session(await HeadCluster.connect(place.url, place, ['head']));
    try {
      const f = session.remote(
        (x: number, ms: number) => {
          for (const end = performance.now() + ms; performance.now() < end; );
          return x * x;
        },
        { maxRetries: 100 },
      );
      const settled = new Array<number>(count).fill(0);
      const refs = Array.from({ length: count }, (_, x) => f(x, spinMs));
      await Promise.all(
        refs.map((ref, x) =>
          ref.promise().then((value) => {
            assert.equal(value, x * x);
            settled[x]!++;
          }),
        ),
      );
      assert.ok(settled.every((times) => times === 1));
      assert.equal(session.timings().tasks, count, 'each is counted once');
    } finally {
      await session.close();
    }
    await cluster.untilFree();
  }

  for (const from of ['daemon', 'client'] as const) {
    test(`from the ${from} that come twice settle each task once`, async () => {
      await using proxy = await FaultProxy.open(cluster.head.port);
      let doubled = 0;
      proxy.onFrame = (frame) => {
        if (!isOfWorker(frame) || frame.from !== from) return { frames: [frame.bytes] };
        doubled++;
        return { frames: [frame.bytes, frame.bytes] };
      };
      await settleAll(proxy, 2000);
      assert.ok(doubled > 0);
    });

    test(`from the ${from} that come out of order settle each task once`, async () => {
      await using proxy = await FaultProxy.open(cluster.head.port);
      let [swaps, holds] = [0, 0];
      const held = new Map<string, Buffer>();
      const seen = new Map<string, number>();
      proxy.onFrame = (frame) => {
        if (!isOfWorker(frame) || frame.from !== from) return { frames: [frame.bytes] };
        // Every fifth waits for the one after it; one that nobody follows is lost, and its connection with it.
        const before = held.get(frame.path);
        const nth = (seen.get(frame.path) ?? 0) + 1;
        seen.set(frame.path, nth);
        if (before === undefined && nth % 5 === 0 && holds < 10) {
          holds++;
          held.set(frame.path, frame.bytes);
          return { frames: [], isCutAfter: false, unlessFollowedMs: 300 };
        }
        if (before === undefined) return { frames: [frame.bytes] };
        held.delete(frame.path);
        swaps++;
        return { frames: [frame.bytes, before] };
      };
      // On a busy machine the one after it may come too late each time.
      for (let rounds = 0; rounds < 5 && swaps === 0; rounds++) {
        holds = 0;
        await settleAll(proxy, 600, 1);
      }
      assert.ok(swaps > 0);
    });

    test(`from the ${from} that are cut short cost the connection, and no task`, async () => {
      await using proxy = await FaultProxy.open(cluster.head.port);
      let cuts = 0;
      proxy.onFrame = (frame) => {
        if (!isOfWorker(frame) || frame.from !== from || cuts === 4) return { frames: [frame.bytes] };
        cuts++;
        return { frames: [frame.bytes.subarray(0, Math.ceil(frame.bytes.length / 2))], isCutAfter: true };
      };
      await settleAll(proxy, 2000);
      assert.equal(cuts, 4);
    });
  }
});
