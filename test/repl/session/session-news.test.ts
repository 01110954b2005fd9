// What is told at the prompt of what happens to a session.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SessionNews } from '../../../repl/session/session-news.ts';

const lease = 'l1';

describe('SessionNews', () => {
  test('tells of workers, heads and actors that are lost or come back', () => {
    const news = new SessionNews('10.0.0.1:8265');
    const message = 'the process of worker w3 ended with code 1';
    assert.equal(
      news.of({ type: 'worker.lost', worker: 'w3', lease, reason: 'exit', message }, 0),
      'The process of worker w3 ended with code 1; its tasks run elsewhere as far as they may be retried',
    );
    assert.equal(news.of({ type: 'worker.lost', worker: 'w3', lease, reason: 'killed', message }, 0), undefined);
    assert.match(news.of({ type: 'head.lost' }, 0) ?? '', /^The head at 10\.0\.0\.1:8265 cannot be reached/);
    assert.equal(news.of({ type: 'head.found' }, 0), 'The head at 10.0.0.1:8265 is back');
    assert.match(
      news.of({ type: 'actor.restarted', name: 'Counter', restarts: 2 }, 0) ?? '',
      /^Actor Counter begins anew .*\(restart 2\)$/,
    );
    assert.equal(
      news.of({ type: 'actor.name-lost', name: 'counter', message: 'it is taken' }, 0),
      'Actor counter lives on without its name: it is taken',
    );
    assert.equal(news.of({ type: 'worker.leased', worker: 'w3', lease }, 0), undefined);
  });

  test('tells once that a lost worker answers, however much it sends', () => {
    const news = new SessionNews('here');
    const event = { type: 'answers.dropped', worker: 'w3', lease, count: 5 } as const;
    assert.match(news.of(event, 0) ?? '', /^Worker w3, which was lost, answers after all/);
    assert.equal(news.of(event, 1), undefined);
    assert.match(news.of({ ...event, lease: 'l2' }, 1) ?? '', /^Worker w3/);
  });

  test('tells once a minute that no way leads to the workers of a node', () => {
    const news = new SessionNews('here');
    const event = { type: 'worker.unreachable', worker: 'w3', lease, node: 'n2', message: 'timed out' } as const;
    assert.equal(
      news.of(event, 0),
      'Node n2 is left out for a while: its worker w3 cannot be reached from here: timed out',
    );
    assert.equal(news.of({ ...event, worker: 'w4' }, 59_999), undefined);
    assert.match(news.of({ ...event, node: 'n3' }, 59_999) ?? '', /^Node n3/);
    assert.match(news.of(event, 60_000) ?? '', /^Node n2/);
  });
});
