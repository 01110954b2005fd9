// Workers that say what no worker says, and tasks that cannot be sent: neither ends the program, nothing stays open.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, SerializationError, type Session, WorkerDiedError } from '../../sdk/index.ts';
import { buildFrame } from '../../sdk/protocol/codec.ts';
import { errorOf } from '../helpers/outcomes.ts';

describe('a worker that says what no worker says', () => {
  let session: Session;
  before(async () => {
    session = await connect({ address: 'embedded', workers: 1 });
  });
  after(() => session.close());

  const post = async (what: unknown): Promise<number> => {
    const { parentPort } = await import('node:worker_threads');
    parentPort?.postMessage(what);
    return new Promise<number>(() => {});
  };
  const headers: Record<string, unknown> = {
    'results without values': [{ type: 'task.results', attempt: 1, ids: [1], runUs: null }],
    'more ids than values': [{ type: 'task.results', attempt: 1, ids: [1, 2], values: [1], runUs: null }],
    'rows nowhere': [{ type: 'task.results', attempt: 1, ids: [1], values: [], rows: { length: 1 }, runUs: null }],
    'a failure without a task': [{ type: 'task.failed', attempt: 1, error: null, runMs: 1 }],
    'no list': { type: 'task.results' },
  };
  const said: Record<string, unknown> = { 'a word': 'hi', 'four bytes': new Uint8Array(4) };
  for (const [what, header] of Object.entries(headers)) {
    said[what] = buildFrame([], header);
  }
  for (const [what, message] of Object.entries(said)) {
    test(`such as ${what} is ended, and its task fails with the reason`, async () => {
      const error = await errorOf(session.remote(post, { maxRetries: 0 })(message));
      assert.ok(error instanceof WorkerDiedError, String(error));
      assert.match(error.message, /sent what cannot be read: Cannot read a frame/);
      assert.equal(await session.remote(() => 'alive')(), 'alive');
    });
  }
});

test('a reference whose value can no longer travel fails the tasks that take it, and no other', async () => {
  await using session = await connect({ address: 'embedded', workers: 1 });
  const ref = session.put<{ a: number; callback?: () => number }>({ a: 1 });
  const f = session.remote((value: { a: number }) => value.a);
  assert.equal(await f(ref), 1);
  const shared = await ref;
  shared.callback = () => 1;
  assert.ok((await errorOf(f(ref))) instanceof SerializationError);
  assert.equal(await f({ a: 2 }), 2);
});
