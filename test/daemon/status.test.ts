// What a daemon says of itself, and who can be asked for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daemonStatus } from '../../daemon/index.ts';
import { connect, InvalidArgumentError } from '../../sdk/index.ts';
import { joinString } from '../../sdk/internal.ts';
import { temporaryHome } from '../helpers/daemon-home.ts';
import { TestCluster } from '../helpers/test-cluster.ts';

test('daemonStatus() of a session asks its head, also one whose token is not in the home of this user', async (t) => {
  temporaryHome(t);
  const cluster = await TestCluster.open([2]);
  t.after(() => cluster.close());
  const { url, token, fingerprint } = cluster.head;
  const { hostname: host, port } = new URL(url);
  const address = joinString({ host, port: Number(port), token, fingerprint });
  await using session = await connect(address);
  await using capped = await connect(address, { workers: 1 });
  for (const one of [session, capped]) {
    const { daemon, head } = await daemonStatus(one);
    assert.equal(daemon.url, one.cluster);
    assert.deepEqual(
      head?.nodes?.map(({ isHead, resources }) => [isHead, resources?.['cpus']]),
      [[true, 2]],
    );
  }
});

test('daemonStatus() refuses what has no head', async () => {
  await using session = await connect({ workers: 1 });
  await assert.rejects(daemonStatus(session), (error) => {
    assert.ok(error instanceof InvalidArgumentError);
    assert.equal(error.message, 'The session has no head that could be asked: its cluster is embedded');
    return true;
  });
});
