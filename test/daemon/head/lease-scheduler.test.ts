// The head's scheduler alone: grants, placement, shares and refusals. Each test ends with "nothing else".

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clusterWith, TestCluster } from './scheduler-cluster.ts';

describe('LeaseScheduler.onDemand()', () => {
  test('starts workers, grants each when it is ready, and keeps one that is given back warm', () => {
    const cluster = clusterWith(2, 'a');
    cluster.ask('a', 7, 3);
    assert.deepEqual(cluster.said(), ['n starts L1 for a', 'n starts L2 for a']);
    cluster.ready('n', 'L1', 'L1');
    assert.deepEqual(cluster.said(), ['a gets L1 for 7']);
    assert.equal(cluster.scheduler.nodeOf('L1'), 'n');
    cluster.release('a', 'L1', 'L1');
    assert.deepEqual(cluster.said(), ['n stops L1', 'n starts L3 for a']);
    cluster.nothingElse({ leases: 2 });
  });

  test('stops what has not been granted when the demand goes', () => {
    const cluster = clusterWith(3, 'a');
    cluster.ask('a', 1, 3);
    cluster.ready('n', 'L1');
    cluster.said();
    cluster.demand('a', 1, 1);
    assert.deepEqual(cluster.said(), ['n stops L3', 'n stops L2']);
    cluster.demand('a', 1, 0);
    cluster.ready('n', 'L2');
    assert.deepEqual(cluster.said(), ['n kills L2']);
    cluster.scheduler.onRequestEnded('a', 1, cluster.now);
    cluster.nothingElse({ leases: 1, requests: 0, unjudged: 0 });
  });

  test('gives an exclusive request one worker, which nobody uses afterwards', () => {
    const cluster = clusterWith(1, 'a');
    cluster.ask('a', 1, { resources: { cpus: 0 }, exclusive: true, demand: 5 });
    assert.deepEqual(cluster.said(), ['n starts L1 for a alone']);
    cluster.ready('n', 'L1');
    cluster.demand('a', 1, 1);
    assert.deepEqual(cluster.said(), ['a gets L1 for 1']);
    cluster.release('a', 'L1');
    assert.deepEqual(cluster.said(), ['n kills L1', 'n starts L2 for a alone']);
    cluster.nothingElse();
  });

  test('counts fractions without error, and slots for what takes nothing', () => {
    const cluster = new TestCluster({ nodeLeasesMax: 14 });
    cluster.join('n', { cpus: 1, 'odd thing': 0.3 });
    cluster.open('a');
    cluster.said();
    cluster.ask('a', 1, { resources: { cpus: 0.1 }, demand: 20 });
    assert.equal(cluster.said().length, 10);
    cluster.ask('a', 2, { resources: { 'odd thing': 0.1, cpus: 0 }, demand: 20 });
    assert.equal(cluster.said().length, 3);
    cluster.ask('a', 3, { resources: {}, demand: 1 });
    assert.equal(cluster.said().length, 1);
    cluster.open('b');
    cluster.ask('b', 1, { resources: {}, exclusive: true });
    assert.deepEqual(cluster.said(), ['b welcome', 'n stops L1', 'n starts L15 for b alone']);
    cluster.scheduler.onSessionClosed('b', cluster.now);
    cluster.scheduler.onSessionClosed('a', cluster.now);
    assert.equal(cluster.said().length, 1 + 1 + 14 + 2);
    cluster.nothingElse({ leases: 0, used: 0, sessions: 0, requests: 0 });
  });

  test('packs a node before the next, or spreads over all', () => {
    const cluster = new TestCluster();
    cluster.join('n', 2);
    cluster.join('m', 3);
    cluster.open('a');
    cluster.said();
    cluster.ask('a', 1, { strategy: 'spread', demand: 2 });
    assert.deepEqual(cluster.said(), ['m starts L1 for a', 'n starts L2 for a']);
    cluster.ask('a', 2, { strategy: 'pack', demand: 2 });
    assert.deepEqual(cluster.said(), ['n starts L3 for a', 'm starts L4 for a']);
    cluster.nothingElse();
  });

  test('uses only nodes with all labels, or the one that is named', () => {
    const cluster = new TestCluster();
    cluster.join('n', 1, [], { labels: { zone: 'x' } });
    cluster.join('m', 1, [], { labels: { zone: 'x', disk: 'fast' } });
    cluster.open('a');
    cluster.said();
    cluster.ask('a', 1, { labels: { zone: 'x', disk: 'fast' }, demand: 2 });
    cluster.ask('a', 2, { node: 'n', demand: 2 });
    assert.deepEqual(cluster.said(), ['m starts L1 for a', 'n starts L2 for a']);
    cluster.nothingElse();
  });

  test('waits for nodes, and is met when one joins', () => {
    const cluster = new TestCluster();
    cluster.open('a');
    cluster.ask('a', 1, { resources: { cpus: 8 } });
    assert.deepEqual(cluster.said(), ['a welcome']);
    cluster.join('n', 8);
    assert.deepEqual(cluster.said(), ['n welcome', '8 workers', 'n starts L1 for a']);
    cluster.nothingElse();
  });
});

describe('shares', () => {
  test('are taken from who has most, one recall for each need, and not again', () => {
    const cluster = clusterWith(4, 'a', 'b');
    cluster.ask('a', 1, 9);
    cluster.ready('n', 'L1', 'L2', 'L3', 'L4');
    cluster.said();
    cluster.ask('b', 1, 9);
    assert.deepEqual(cluster.said(), ['a is to give L1', 'a is to give L2']);
    cluster.demand('b', 1, 8);
    cluster.scheduler.onTick(cluster.now);
    assert.deepEqual(cluster.said(), []);
    cluster.release('a', 'L1', 'L2');
    assert.deepEqual(cluster.said(), ['n stops L1', 'n starts L5 for b', 'n stops L2', 'n starts L6 for b']);
    cluster.nothingElse();
  });

  test('take what is idle first, from whomever', () => {
    const cluster = clusterWith(4, 'a', 'b', 'c');
    cluster.ask('a', 1, 3);
    cluster.ask('b', 1, 1);
    cluster.ready('n', 'L1', 'L2', 'L3', 'L4');
    cluster.demand('b', 1, 0);
    cluster.said();
    cluster.ask('c', 1, 1);
    assert.deepEqual(cluster.said(), ['b is to give L4']);
    cluster.nothingElse();
  });

  test('leave a session alone that would have less than the one that waits', () => {
    const cluster = clusterWith(1, 'a', 'b');
    cluster.ask('a', 1, 2);
    cluster.ready('n', 'L1');
    cluster.said();
    cluster.ask('b', 1, 2);
    cluster.nothingElse({ leases: 1 });
  });

  test('never take exclusive leases', () => {
    const cluster = clusterWith(2, 'a', 'b');
    for (const request of [1, 2]) cluster.ask('a', request, { exclusive: true });
    cluster.ready('n', 'L1', 'L2');
    cluster.said();
    cluster.ask('b', 1, 2);
    cluster.nothingElse();
  });

  test('keep what comes back for a larger need that waits for more', () => {
    const cluster = clusterWith(4, 'a', 'b', 'c');
    cluster.ask('a', 1, 4);
    cluster.ready('n', 'L1', 'L2', 'L3', 'L4');
    cluster.said();
    cluster.ask('b', 1, { resources: { cpus: 2 } });
    assert.deepEqual(cluster.said(), ['a is to give L1', 'a is to give L2']);
    cluster.release('a', 'L1');
    assert.deepEqual(cluster.said(), ['n stops L1']);
    cluster.release('a', 'L2');
    assert.deepEqual(cluster.said(), ['n stops L2', 'n starts L5 for b']);
    cluster.nothingElse();
  });

  test('let who gave something up use at once what is free elsewhere', () => {
    const cluster = new TestCluster();
    cluster.join('n', 2);
    cluster.join('m', 3);
    for (const session of ['a', 'b']) cluster.open(session);
    cluster.ask('b', 9, { node: 'm', demand: 2 });
    cluster.ask('a', 9, { node: 'm' });
    cluster.ask('a', 1, { resources: { cpus: 2 } });
    assert.equal(cluster.said().at(-1), 'n starts L4 for a');
    cluster.scheduler.onRequestEnded('b', 9, cluster.now);
    cluster.ask('b', 1, { node: 'n' });
    assert.deepEqual(cluster.said(), [
      'm stops L1',
      'm stops L2',
      'n stops L4',
      'n starts L5 for b',
      'm starts L6 for a',
    ]);
    cluster.nothingElse();
  });

  test('hold between the requests of one session, too', () => {
    const cluster = clusterWith(4, 'a');
    cluster.ask('a', 1, 9);
    cluster.ready('n', 'L1', 'L2', 'L3', 'L4');
    cluster.said();
    cluster.ask('a', 2, 1);
    assert.deepEqual(cluster.said(), ['a is to give L1']);
    cluster.nothingElse();
  });
});

describe('refusals', () => {
  const refused = (terms: Parameters<TestCluster['ask']>[2]): string[] => {
    const cluster = new TestCluster();
    cluster.join('n', { cpus: 2, memory: 4 }, [], { labels: { zone: 'x', disk: 'fast' } });
    cluster.join('m', { cpus: 1, gpus: 1 }, [], { labels: { zone: 'y' } });
    cluster.open('a');
    cluster.said();
    cluster.ask('a', 1, terms);
    const lines = cluster.said();
    cluster.nothingElse({ requests: 0, unjudged: 0 });
    return lines;
  };

  test('say what is asked for and what the closest node has', () => {
    assert.deepEqual(refused({ resources: { cpus: 8 } }), [
      'a 1: Cannot lease a worker with 8 cpus: the largest node has 2',
    ]);
    assert.deepEqual(refused({ resources: { cpus: 1, tpus: 1 } }), [
      'a 1: Cannot lease a worker with 1 tpus: the largest node has 0',
    ]);
    assert.deepEqual(refused({ resources: { cpus: 2, gpus: 1 } }), [
      'a 1: Cannot lease a worker with 2 cpus and 1 gpus: node n comes closest and lacks 1 gpus',
    ]);
    assert.deepEqual(refused({ resources: { cpus: 2 }, labels: { zone: 'y' } }), [
      'a 1: Cannot lease a worker with 2 cpus: the largest such node has 1',
    ]);
    assert.deepEqual(refused({ labels: { zone: 'y', disk: 'fast', rack: '1' } }), [
      'a 1: Cannot lease a worker on a node with zone=y and disk=fast and rack=1: node n comes closest and lacks zone=y and rack=1',
    ]);
    assert.deepEqual(refused({ node: 'o' }), ['a 1: Cannot lease a worker on node o: there is no such node']);
    assert.deepEqual(refused({ node: 'm', resources: { cpus: 2 } }), [
      'a 1: Cannot lease a worker with 2 cpus on node m: it has 1',
    ]);
  });

  test('wait until a new head has given nodes the time to come back', () => {
    const cluster = new TestCluster({ young: true });
    cluster.join('n', 2);
    cluster.open('a');
    cluster.ask('a', 1, { resources: { cpus: 8 } });
    cluster.pass(3_999);
    assert.deepEqual(cluster.said(), ['n welcome', '2 workers', 'a welcome']);
    cluster.pass(1);
    assert.deepEqual(cluster.said(), ['a 1: Cannot lease a worker with 8 cpus: the largest node has 2']);
    assert.equal(cluster.scheduler.nextDeadline, undefined);
    cluster.nothingElse({ requests: 0 });
  });

  test('do not come later, when the one node that is large enough has gone', () => {
    const cluster = clusterWith(2, 'a');
    cluster.ask('a', 1, { resources: { cpus: 2 }, demand: 0 });
    cluster.join('m', 1);
    cluster.scheduler.onNodeLost('n', 'n.1', cluster.now);
    cluster.demand('a', 1, 1);
    assert.deepEqual(cluster.said(), ['m welcome', '3 workers', '1 workers']);
    cluster.nothingElse({ requests: 1 });
  });
});
