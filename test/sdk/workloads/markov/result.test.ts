// The numbers that a run reports about itself.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { baseline, connect, type MarkovResult, markov } from '../../../../sdk/index.ts';

function assertPlausible(result: MarkovResult): void {
  const { durationMs, multiplications, throughputPerSecond, cpuUtilization, latencyMs, timings } = result;
  assert.ok(durationMs > 0);
  assert.equal(throughputPerSecond, (multiplications / durationMs) * 1000);
  // The clock of processor time ticks more coarsely than the other one.
  assert.ok(cpuUtilization >= 0 && cpuUtilization <= 1.1, `cpuUtilization ${cpuUtilization}`);
  assert.ok(latencyMs.p50 <= latencyMs.p90 && latencyMs.p90 <= latencyMs.p99);
  assert.ok(latencyMs.mean > 0 && timings.total.max <= durationMs + 1, 'no task takes longer than its run');
  assert.equal(timings.tasks, result.tasks);
  assert.ok(result.peakMemoryBytes > 10 * 2 ** 20 && result.peakMemoryBytes <= process.resourceUsage().maxRSS * 1024);
}

describe('the result of markov()', () => {
  test('names what was run', async () => {
    await using session = await connect({ workers: 2 });
    const result = await markov(session, { matrixSize: 4, totalCount: 1001, pcNum: 10, seed: 3, kernel: 'js' });
    const { matrixSize, totalCount, pcNum, seed, workers, kernel, tasks, failures, errorRate } = result;
    assert.deepEqual(
      { matrixSize, totalCount, pcNum, seed, workers, kernel, tasks, failures, errorRate },
      {
        matrixSize: 4,
        totalCount: 1001,
        pcNum: 10,
        seed: 3,
        workers: 2,
        kernel: 'js',
        tasks: 10,
        failures: 0,
        errorRate: 0,
      },
    );
    assertPlausible(result);
  });

  test('is plausible for few long and for many short tasks, with one worker and with two', async () => {
    for (const workers of [1, 2]) {
      await using session = await connect({ workers });
      for (const pcNum of [1, 30, 20_000]) {
        const result = await markov(session, { matrixSize: 10, totalCount: 1_000_000, pcNum });
        assertPlausible(result);
        // Its tasks run on threads of this process, so their time is in the processor time.
        assert.ok(result.cpuUtilization > 0.01);
      }
    }
  });

  test('counts the attempts that were lost with a worker, and multiplies none twice', async () => {
    await using session = await connect({ workers: 2 });
    const channelName = `gridbook-test-${process.pid}`;
    // One of the workers waits for a word to end in the midst of its tasks.
    await session.remote((name: string) => {
      new BroadcastChannel(name).onmessage = () => process.exit(3);
    })(channelName);
    const channel = new BroadcastChannel(channelName);
    let retried = 0;
    const watched = (async () => {
      for await (const event of session.events()) if (event.type === 'task.retried') retried++;
    })();
    let told = false;
    const result = await markov(session, {
      matrixSize: 10,
      totalCount: 20_000_000,
      pcNum: 20_000,
      onProgress: ({ tasksDone }) => {
        if (tasksDone > 0 && !told) channel.postMessage('end');
        told ||= tasksDone > 0;
      },
    });
    channel.close();
    await session.close();
    await watched;
    assert.equal(result.multiplications, 19_999_999);
    assert.equal(result.limit.verdict, 'converged');
    assert.ok(result.failures > 0, 'the worker that ended had tasks of the run');
    assert.equal(result.failures, retried);
    assert.equal(result.errorRate, retried / (20_000 + retried));
  });

  test('reports the memory of its own run, not of what came before', async () => {
    await using session = await connect({ workers: 1 });
    const small = { matrixSize: 4, totalCount: 1000, pcNum: 10 };
    const first = await markov(session, small);
    const large = await markov(session, { matrixSize: 1500, totalCount: 2, pcNum: 2, kernel: 'wasm' });
    // At least the matrix, its copies in two kernels, and the two products.
    assert.ok(large.peakMemoryBytes - first.peakMemoryBytes > 100 * 2 ** 20);
  });
});

describe('baseline()', () => {
  test('does the same multiplications in this process and names what was run', async () => {
    const { kernel, matrixSize, multiplications, throughputPerSecond, durationMs, seed } = await baseline({
      matrixSize: 5,
      totalCount: 5000,
      kernel: 'js',
    });
    assert.deepEqual(
      { kernel, matrixSize, multiplications, seed },
      { kernel: 'js', matrixSize: 5, multiplications: 4999, seed: 1 },
    );
    assert.equal(throughputPerSecond, (multiplications / durationMs) * 1000);
  });

  test('multiplies nothing for a total of 1', async () => {
    const result = await baseline({ matrixSize: 5, totalCount: 1 });
    assert.equal(result.multiplications, 0);
    assert.equal(result.throughputPerSecond, 0);
    assert.equal(result.limit.verdict, 'not-yet');
  });
});
