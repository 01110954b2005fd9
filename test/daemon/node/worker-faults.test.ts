// Tests of what a worker process can die of: each ends that worker only, and is told with its reason.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { processState } from '../../../daemon/node/machine.ts';
import { WorkerDiedError } from '../../../sdk/index.ts';
import { errorOf } from '../../helpers/outcomes.ts';
import { isGone, logged, NodeHarness, openChannel, pidOfWorker, workerEnv } from './node-harness.ts';

/** The error of a task that costs its worker its life. */
async function deathBy(harness: NodeHarness, task: () => unknown): Promise<WorkerDiedError> {
  await using session = harness.session();
  const error = await errorOf(session.remote(task, { maxRetries: 0 })());
  assert.ok(error instanceof WorkerDiedError, String(error));
  // Others still get workers, even of the same session.
  assert.equal(await session.remote(() => 'alive')(), 'alive');
  return error;
}

// Each has a node of its own, which mostly waits for its processes to start and end.
describe('Node, when a worker dies', { concurrency: 3 }, () => {
  test('tells the exit code of process.exit', async () => {
    await using harness = new NodeHarness();
    const error = await deathBy(harness, () => process.exit(3));
    assert.deepEqual([error.reason, error.exitCode], ['exit', 3]);
    assert.match(error.message, /ended with exit code 3/);
  });

  test('tells that the JavaScript heap was exhausted', async () => {
    await using harness = new NodeHarness({ heapBytesMax: 48 * 2 ** 20 });
    const error = await deathBy(harness, () => {
      const kept: unknown[] = [];
      for (;;) kept.push(new Array(1000).fill(Math.random()));
    });
    assert.equal(error.reason, 'out-of-memory');
    assert.match(error.message, /ran out of JavaScript heap/);
  });

  test('ends the biggest worker when memory outside the heap runs short', async (t) => {
    await using harness = new NodeHarness({ memoryBytesMax: 600 * 2 ** 20 });
    await using other = harness.session('other');
    const folder = mkdtempSync(join(tmpdir(), 'gridbook-neighbour-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const over = join(folder, 'over');
    // It lives through the other's death, however long that takes.
    const small = other.remote(async (path: string) => {
      const { existsSync } = await import('node:fs');
      while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
      return 'done';
    })(over);
    const error = await deathBy(harness, async () => {
      const kept: Buffer[] = [];
      for (;;) {
        kept.push(Buffer.alloc(16 * 2 ** 20, 1));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
    assert.equal(error.reason, 'out-of-memory');
    assert.match(error.message, /of memory and was ended, because the workers of its node had \d+ MiB of the 600 MiB/);
    writeFileSync(over, '');
    assert.equal(await small, 'done');
  });

  test('tells the signal of kill -9 in the middle of a task', async () => {
    await using harness = new NodeHarness();
    const error = await deathBy(harness, () => process.kill(process.pid, 'SIGKILL'));
    assert.equal(error.reason, 'killed');
    assert.match(error.message, /was ended by SIGKILL/);
  });

  test('tells an abort from an exhausted heap', async () => {
    await using harness = new NodeHarness();
    const error = await deathBy(harness, () => process.abort());
    assert.equal(error.reason, 'killed');
    assert.match(error.message, /was ended by SIGABRT/);
  });

  test('tells an error that nobody caught', async () => {
    await using harness = new NodeHarness();
    const error = await deathBy(harness, async () => {
      setImmediate(() => {
        throw new RangeError('thrown into the void');
      });
      await new Promise(() => {});
    });
    assert.equal(error.reason, 'uncaught-error');
    assert.match(error.message, /ended by an error: thrown into the void/);
  });

  test('survives a worker that closes its own descriptors', async () => {
    await using harness = new NodeHarness();
    await deathBy(harness, async () => {
      const { closeSync } = await import('node:fs');
      for (let fd = 3; fd < 64; fd++) {
        try {
          closeSync(fd);
        } catch {
          // Some are not open.
        }
      }
      process.exit(1);
    });
  });

  const nonsense = {
    'no JSON': 'x\n',
    'a message of no kind': '{"type":"lease.served"}\n',
    "a message of Node's own": '{"cmd":"NODE_HANDLE_ACK"}\n',
    'a line without an end': 'x'.repeat(200_000),
  };
  for (const [what, text] of Object.entries(nonsense)) {
    test(`ends a worker that writes ${what} into the pipe to its daemon, and no other`, async () => {
      await using harness = new NodeHarness();
      await using session = harness.session();
      const babble = session.remote(
        async (said: string) => {
          const { writeSync } = await import('node:fs');
          for (let rest = Buffer.from(said); rest.length > 0; ) {
            try {
              rest = rest.subarray(writeSync(3, rest));
            } catch {
              await new Promise((resolve) => setImmediate(resolve)); // the pipe is full
            }
          }
          await new Promise(() => {});
        },
        { maxRetries: 0 },
      );
      const error = await errorOf(babble(text));
      assert.ok(error instanceof WorkerDiedError, String(error));
      assert.match(error.message, /was ended, because it sent its daemon (a line|what is no message)/);
      assert.equal(await session.remote(() => 'alive')(), 'alive');
    });
  }

  test('ends a worker that has closed the pipe to its daemon', async () => {
    await using harness = new NodeHarness();
    const error = await deathBy(harness, async () => {
      const { closeSync } = await import('node:fs');
      closeSync(3);
      await new Promise(() => {});
    });
    assert.match(error.message, /closed the pipe to its daemon/);
  });

  test('ends what a task has started along with its worker', async () => {
    await using harness = new NodeHarness();
    await deathBy(harness, async () => {
      const { spawn } = await import('node:child_process');
      console.log(`child ${spawn('sleep', ['1000'], { stdio: 'ignore' }).pid}`);
      process.exit(4);
    });
    const record = await harness.until(() => logged(harness, /^child \d+$/));
    const pid = Number(String(record['msg']).split(' ')[1]);
    // It is killed and waits for whoever adopts it to look.
    while (!isGone(pid) && processState(pid)?.residentBytes !== 0) await delay(5);
  });

  test('ends a worker that was stopped by a signal', async () => {
    await using harness = new NodeHarness();
    const error = await deathBy(harness, () => process.kill(process.pid, 'SIGSTOP'));
    assert.equal(error.reason, 'killed');
    assert.match(error.message, /was stopped by a signal for 5 s/);
  });

  test('replaces a new process that ended before anyone used it, later', async () => {
    await using harness = new NodeHarness({ spares: 1 });
    process.kill(pidOfWorker(harness, 'n1-w1'), 'SIGKILL');
    await harness.until(() => logged(harness, /ended before anyone used it/));
    const { worker } = await harness.start();
    assert.equal(worker, 'n1-w2');
  });

  test('tells why a worker cannot be started', async () => {
    await using harness = new NodeHarness({ spares: 0, env: { ...workerEnv(), NODE_OPTIONS: '--no-such-flag' } });
    harness.head.send({ type: 'worker.start', lease: 'x', session: 's', resources: {}, exclusive: false });
    const { reason, exitCode } = await harness.lost('x');
    assert.deepEqual([reason, exitCode], ['exit', 9]);
  });

  test('tells which lease cannot be started for want of descriptors, and starts others when there are some', async () => {
    const script = fileURLToPath(new URL('../../fixtures/node/node-without-descriptors.ts', import.meta.url));
    const command = `ulimit -n 256; exec "$0" "$1"`;
    const child = spawn('sh', ['-c', command, process.execPath, script], {
      env: workerEnv(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    assert.equal(code, 0);
    const { lost, ready }: { lost: { reason: string; message: string }; ready: string } = JSON.parse(said);
    assert.equal(lost.reason, 'exit');
    assert.match(lost.message, /could not be started: .*EMFILE/);
    assert.equal(ready, 'n1-w2');
  });

  test('logs what workers print, line by line, and drops what is too much', async () => {
    await using harness = new NodeHarness();
    await using session = harness.session();
    const print = session.remote(() => {
      process.stdout.write('one\ntw');
      process.stdout.write('o\n');
      console.error('to the error stream');
      console.log('x'.repeat(100_000));
      for (let i = 0; i < 20_000; i++) console.log(`line ${i}`);
    });
    await print();
    const streamOf = async (pattern: RegExp): Promise<unknown> => {
      const record = await harness.until(() => logged(harness, pattern, 'n1-w1'));
      return record['stream'];
    };
    assert.equal(await streamOf(/^one$/), 'stdout');
    assert.equal(await streamOf(/^two$/), 'stdout');
    assert.equal(await streamOf(/^to the error stream$/), 'stderr');
    await harness.until(() => logged(harness, /^x{8192}…$/));
    await session.close();
    await harness.node.close(1000);
    assert.ok(logged(harness, /and \d+ more lines, too many at once/));
    assert.ok(harness.logLines.length < 10_000);
  });

  test('leaves nobody behind when its own process is killed with -9', async () => {
    const script = fileURLToPath(new URL('../../fixtures/node/orphaned-node.ts', import.meta.url));
    const parent = spawn(process.execPath, [script], { env: workerEnv(), stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(parent, 'exit');
    const ended = exit.then(([code]) => assert.fail(`it ended by itself with code ${code}`));
    const [line]: unknown[] = await Promise.race([once(createInterface(parent.stdout), 'line'), ended]);
    ended.catch(() => {}); // from here on it is meant to end
    const { pids, socketsPath }: { pids: number[]; socketsPath: string } = JSON.parse(String(line));
    assert.deepEqual(pids.map(isGone), [false, false, false]);
    parent.kill('SIGKILL');
    await exit;
    const isLeft = (pid: number): boolean => !isGone(pid) && processState(pid)?.residentBytes !== 0;
    while (pids.some(isLeft)) await delay(5);
    rmSync(socketsPath, { recursive: true });
  });

  test('closes its side of a connection whose session sends garbage, and loses that worker only', async () => {
    await using harness = new NodeHarness();
    const first = await harness.start('s1');
    const second = await harness.start('s2');
    const channel = await openChannel(first.socket);
    const other = await openChannel(second.socket);
    channel.send({ bytes: new Uint8Array([1, 2, 3]), shared: [] });
    const { reason, message } = await harness.lost(first.lease);
    assert.equal(reason, 'connection-lost');
    assert.match(message, /Cannot read a frame of 3 bytes/);
    assert.equal(harness.find('worker.lost', second.lease), undefined);
    other.close();
  });
});
