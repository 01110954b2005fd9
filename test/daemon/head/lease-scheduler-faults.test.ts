// The head's scheduler alone, where nodes, sessions, workers and the head itself go and come back. Each test ends with
// "nothing else".

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clusterWith, TestCluster } from './scheduler-cluster.ts';

/** Session a has L1 for its request 1 on node n, which has 2 cpus. */
function clusterWithLease(): TestCluster {
  const cluster = clusterWith(2, 'a');
  cluster.ask('a', 1, 1);
  cluster.ready('n', 'L1');
  cluster.said();
  return cluster;
}

describe('LeaseScheduler, when a node', () => {
  test('is away, keeps its leases for the grace and gives it none', () => {
    const cluster = clusterWithLease();
    cluster.demand('a', 1, 2);
    cluster.cut('n');
    cluster.said();
    cluster.pass(59_999);
    cluster.join('n', 2, [
      ['L1', 'a'],
      ['L2', 'a'],
    ]);
    assert.deepEqual(cluster.said(), ['n welcome, not L2', 'n starts L3 for a']);
    cluster.cut('n');
    cluster.pass(60_000);
    assert.deepEqual(cluster.said(), ['a loses L1: node-died', '0 workers']);
    cluster.nothingElse({ nodes: 0, leases: 0 });
  });

  test('comes back without a lease, tells its session that it is lost', () => {
    const cluster = clusterWithLease();
    cluster.cut('n');
    cluster.demand('a', 1, 0);
    cluster.join('n', 2);
    assert.deepEqual(cluster.said(), ['a loses L1: connection-lost', 'n welcome']);
    cluster.nothingElse({ leases: 0, used: 0 });
  });

  test('hears of what was given back while it was away', () => {
    const cluster = clusterWithLease();
    cluster.cut('n');
    cluster.demand('a', 1, 0);
    cluster.release('a', 'L1');
    cluster.join('n', 2, [['L1', 'a']]);
    assert.deepEqual(cluster.said(), ['n welcome, not L1']);
    cluster.nothingElse({ leases: 0 });
  });

  test('is started again, loses all of the incarnation before, whose words change nothing', () => {
    const cluster = clusterWithLease();
    cluster.join('n', 2, [], { life: 2 });
    assert.deepEqual(cluster.said(), ['a loses L1: node-died', 'n welcome', 'n starts L2 for a']);
    cluster.ready('n', 'L2');
    cluster.lost('n', 'L2');
    cluster.cut('n');
    cluster.scheduler.onNodeLost('n', 'n.1', cluster.now);
    cluster.nothingElse({ leases: 1 });
    assert.equal(cluster.join('n', 2, [['L1', 'a']]), false);
    cluster.nothingElse({ leases: 1 });
  });

  test('is one of several daemons of one name, the newest stays: the others do not displace each other in turn', () => {
    const cluster = clusterWithLease();
    const comes = (life: number): boolean => cluster.join('n', 2, [], { life });
    assert.ok(comes(2) && comes(3));
    cluster.said();
    for (const life of [1, 2, 1]) assert.equal(comes(life), false);
    cluster.nothingElse({ leases: 1 });
    cluster.scheduler.onNodeDisconnected('n', 'n.3', cluster.now);
    assert.ok(comes(1));
    cluster.said();
    for (const life of [2, 3]) assert.equal(comes(life), false);
    cluster.nothingElse({ leases: 1 });
  });

  test('is about to end, gets nothing more: its leases are called back, but for exclusive ones, and what starts there ends', () => {
    const cluster = clusterWith(3, 'a');
    cluster.ask('a', 1, 1);
    cluster.ask('a', 2, { exclusive: true });
    cluster.ready('n', 'L1', 'L2');
    cluster.ask('a', 3, { resources: { cpus: 1, other: 0 }, demand: 1 });
    cluster.said();
    cluster.scheduler.onNodeLeaving('n', 'n.0', cluster.now);
    assert.deepEqual(cluster.said(), []);
    cluster.scheduler.onNodeLeaving('n', 'n.1', cluster.now);
    cluster.scheduler.onNodeLeaving('n', 'n.1', cluster.now);
    assert.deepEqual(cluster.said(), ['a is to give L1', 'n stops L3']);
    cluster.release('a', 'L1');
    assert.deepEqual(cluster.said(), ['n stops L1']);
    cluster.join('m', 2);
    assert.deepEqual(cluster.said(), ['m welcome', '5 workers', 'm starts L4 for a', 'm starts L5 for a']);
    cluster.nothingElse();
  });

  test('says that a worker is ready of which nobody knows, has it killed', () => {
    const cluster = clusterWith(1);
    cluster.ready('n', 'L9');
    assert.deepEqual(cluster.said(), ['n kills L9']);
    cluster.nothingElse();
  });

  test('loses a worker, tells the session why and starts another', () => {
    const cluster = clusterWithLease();
    cluster.lost('n', 'L1');
    cluster.lost('n', 'L1');
    assert.deepEqual(cluster.said(), ['a loses L1: exit', 'n starts L2 for a']);
    cluster.nothingElse();
  });

  test('cannot start workers, rests for longer and longer', () => {
    const cluster = clusterWith(1, 'a');
    cluster.ask('a', 1, 1);
    cluster.lost('n', 'L1');
    cluster.pass(99);
    assert.deepEqual(cluster.said(), ['n starts L1 for a']);
    cluster.pass(1);
    cluster.lost('n', 'L2');
    cluster.pass(199);
    assert.deepEqual(cluster.said(), ['n starts L2 for a']);
    cluster.pass(1);
    cluster.ready('n', 'L3');
    assert.deepEqual(cluster.said(), ['n starts L3 for a', 'a gets L3 for 1']);
    assert.equal(cluster.scheduler.nextDeadline, undefined);
    cluster.nothingElse();
  });
});

describe('LeaseScheduler, when a session', () => {
  test('is away, keeps its leases for the grace and ends its requests', () => {
    const cluster = clusterWithLease();
    cluster.demand('a', 1, 2);
    cluster.said();
    cluster.scheduler.onSessionDisconnected('a', 'silent', cluster.now);
    cluster.pass(3_999);
    assert.deepEqual(cluster.said(), ['n stops L2']);
    cluster.open('a', ['L1', 1], ['L8', 1]);
    cluster.ask('a', 1, 1);
    assert.deepEqual(cluster.said(), ['a welcome, not L8']);
    cluster.scheduler.onSessionDisconnected('a', 'seen', cluster.now);
    cluster.pass(499);
    assert.deepEqual(cluster.said(), []);
    cluster.pass(1);
    assert.deepEqual(cluster.said(), ['n kills L1', 'a is over']);
    cluster.nothingElse({ sessions: 0, leases: 0, used: 0 });
  });

  test('ends while a node is away, is over for that node when it is back', () => {
    const cluster = clusterWith(1, 'a', 'b');
    cluster.cut('n');
    cluster.scheduler.onSessionClosed('a', cluster.now);
    assert.deepEqual(cluster.said(), ['a is over']);
    cluster.join('n', 1, [], { sessions: ['a', 'b'] });
    assert.deepEqual(cluster.said(), ['n welcome, not a']);
    cluster.nothingElse({ sessions: 1 });
  });

  test('comes back without a lease, ends it', () => {
    const cluster = clusterWithLease();
    cluster.open('a');
    assert.deepEqual(cluster.said(), ['n stops L1', 'a welcome']);
    cluster.nothingElse({ leases: 0 });
  });

  test('comes back with a lease of another, does not get it', () => {
    const cluster = clusterWithLease();
    cluster.open('b', ['L1', 1]);
    cluster.release('b', 'L1');
    cluster.scheduler.onLeaseKilled('b', 'L1', cluster.now);
    assert.deepEqual(cluster.said(), ['b welcome, not L1']);
    cluster.nothingElse({ leases: 1 });
  });

  test('is closed, has its workers killed, and gets nothing that becomes ready', () => {
    const cluster = clusterWithLease();
    cluster.demand('a', 1, 2);
    cluster.said();
    cluster.scheduler.onSessionClosed('a', cluster.now);
    assert.deepEqual(cluster.said(), ['n stops L2', 'n kills L1', 'a is over']);
    cluster.ready('n', 'L2');
    assert.deepEqual(cluster.said(), ['n kills L2']);
    cluster.nothingElse({ sessions: 0, requests: 0, leases: 0, used: 0 });
  });

  test('comes back while a worker was recalled, is asked again if others still wait', () => {
    const cluster = clusterWith(2, 'a', 'b');
    cluster.ask('a', 1, 2);
    cluster.ready('n', 'L1', 'L2');
    cluster.ask('b', 1, 1);
    cluster.said();
    cluster.open('a', ['L1', 1], ['L2', 1]);
    assert.deepEqual(cluster.said(), ['a welcome']);
    cluster.ask('a', 1, 2);
    assert.deepEqual(cluster.said(), ['a is to give L1']);
    cluster.nothingElse();
  });
});

describe('LeaseScheduler, when a session cannot reach a node', () => {
  const unreachable = (cluster: TestCluster, ...leases: string[]): void => {
    for (const lease of leases) cluster.scheduler.onLeaseKilled('a', lease, cluster.now, true);
  };

  test('starts no worker there for it for longer and longer, and goes on for others', () => {
    const cluster = clusterWith(2, 'a', 'b');
    cluster.ask('a', 1, 2);
    cluster.ready('n', 'L1', 'L2');
    cluster.said();
    unreachable(cluster, 'L1', 'L2');
    assert.deepEqual(cluster.said(), ['n kills L1', 'n kills L2']);
    cluster.ask('b', 1, 1);
    assert.deepEqual(cluster.said(), ['n starts L3 for b']);
    cluster.pass(99);
    assert.deepEqual(cluster.said(), []);
    cluster.pass(1);
    assert.deepEqual(cluster.said(), ['n starts L4 for a']);
    cluster.ready('n', 'L4');
    unreachable(cluster, 'L4');
    assert.deepEqual(cluster.said(), ['a gets L4 for 1', 'n kills L4']);
    cluster.pass(199);
    assert.deepEqual(cluster.said(), []);
    cluster.pass(1);
    assert.deepEqual(cluster.said(), ['n starts L5 for a']);
    cluster.nothingElse({ leases: 2 });
  });

  test('uses another one instead, and this one at once when the node, or the session, has come anew', () => {
    const cluster = clusterWith(1, 'a');
    cluster.ask('a', 1, { demand: 1 });
    cluster.ready('n', 'L1');
    cluster.said();
    unreachable(cluster, 'L1');
    cluster.join('m', 1);
    assert.deepEqual(cluster.said(), ['n kills L1', 'm welcome', '2 workers', 'm starts L2 for a']);
    cluster.ask('a', 2, { node: 'n' });
    assert.deepEqual(cluster.said(), []);
    cluster.join('n', 1);
    assert.deepEqual(cluster.said(), ['n welcome', 'n starts L3 for a']);
    cluster.ready('n', 'L3');
    unreachable(cluster, 'L3');
    cluster.said();
    cluster.open('a');
    cluster.ask('a', 2, { node: 'n' });
    assert.deepEqual(cluster.said(), ['m stops L2', 'a welcome', 'n starts L4 for a']);
    cluster.nothingElse({ leases: 1 });
  });

  test('counts anew once it has reached a worker', () => {
    const cluster = clusterWith(1, 'a');
    cluster.ask('a', 1, 1);
    for (const [lease, next] of [
      ['L1', 'L2'],
      ['L3', 'L4'],
    ] as const) {
      cluster.ready('n', lease);
      unreachable(cluster, lease);
      cluster.said();
      cluster.pass(100);
      assert.deepEqual(cluster.said(), [`n starts ${next} for a`]);
      cluster.ready('n', next);
      cluster.release('a', next);
    }
    cluster.said();
    cluster.nothingElse({ leases: 1 });
  });
});

describe('LeaseScheduler, when the head is new', () => {
  test('takes over what node and session both say, in either order', () => {
    for (const nodeFirst of [true, false]) {
      const cluster = new TestCluster({ young: true });
      const steps = [
        () =>
          cluster.join('n', 2, [
            ['X', 'a'],
            ['Y', 'a'],
          ]),
        () => {
          cluster.open('a', ['X', 1]);
          cluster.ask('a', 1, { exclusive: true });
        },
      ];
      for (const step of nodeFirst ? steps : steps.reverse()) step();
      const lines = cluster.said();
      assert.ok(
        lines.includes(nodeFirst ? 'n stops Y' : 'n welcome, not Y') || lines.includes('n kills Y'),
        `${lines}`,
      );
      assert.equal(lines.filter((line) => line.includes('starts')).length, 0);
      assert.equal(cluster.scheduler.nodeOf('X'), 'n');
      cluster.nothingElse({ leases: 1, claims: 0 });
    }
  });

  test('counts a lease whose request is not told for the first of its kind', () => {
    const cluster = new TestCluster({ young: true });
    cluster.join('n', 2, [['X', 'a']]);
    cluster.open('a', ['X']);
    cluster.said();
    cluster.ask('a', 1, 1);
    assert.deepEqual(cluster.said(), []);
    cluster.demand('a', 1, 2);
    assert.deepEqual(cluster.said(), ['n starts L1 for a']);
    cluster.nothingElse();
  });

  test('gives up on sessions and nodes that do not come back', () => {
    const cluster = new TestCluster({ young: true });
    cluster.join('n', 1, [['X', 'gone']]);
    cluster.open('a', ['Y', 1]);
    cluster.ask('a', 1, { exclusive: true });
    cluster.said();
    cluster.pass(9_999);
    cluster.nothingElse({ sessions: 2 });
    cluster.pass(1);
    assert.deepEqual(cluster.said(), ['n kills X', 'gone is over']);
    cluster.pass(49_999);
    cluster.nothingElse({ claims: 1 });
    cluster.pass(1);
    assert.deepEqual(cluster.said(), ['a loses Y: node-died', 'n starts L1 for a alone']);
    cluster.nothingElse({ sessions: 1, claims: 0 });
  });

  test('gives sessions of which a node only keeps something the time to come back', () => {
    const cluster = new TestCluster({ young: true });
    cluster.join('n', 1, [], { sessions: ['back', 'gone'] });
    assert.deepEqual(cluster.said(), ['n welcome', '1 workers']);
    cluster.open('back');
    cluster.pass(9_999);
    assert.deepEqual(cluster.said(), ['back welcome']);
    cluster.pass(1);
    assert.deepEqual(cluster.said(), ['gone is over']);
    cluster.nothingElse({ sessions: 1 });
  });

  test('has become old, believes nobody', () => {
    const cluster = new TestCluster();
    cluster.join('n', 1, [['X', 'a']], { sessions: ['b'] });
    cluster.open('a', ['X', 1]);
    assert.deepEqual(cluster.said(), ['n welcome, not X b', '1 workers', 'a welcome, not X']);
    cluster.nothingElse({ leases: 0, claims: 0 });
  });
});
