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
  async function settleAll(proxy: FaultProxy, count: number): Promise<void> {
    const place = { ...cluster.place, url: proxy.url };
    const session = new Session(await HeadCluster.connect(place.url, place, ['head']));
    try {
      const f = session.remote((x: number) => x * x, { maxRetries: 100 });
      const settled = new Array<number>(count).fill(0);
      const refs = Array.from({ length: count }, (_, x) => f(x));
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
