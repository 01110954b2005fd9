// The same work through daemons: small tasks, one at a time, the shortest task that pays, a node that joins in the middle
// of a run, and what a daemon costs that has nothing to do.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInBackground } from '../../daemon/background.ts';
import { connect, markov, randomMatrix } from '../../sdk/index.ts';
import { isRunning, runningDaemons } from '../../sdk/internal.ts';
import { ProcessCluster } from '../helpers/cluster-process.ts';
import { headConfig } from '../helpers/daemon-home.ts';
import type { Bench, OpenBench } from './bench.ts';
import { WebSocketFloor } from './floors/ws-echo.ts';
import { metgOf } from './grain-bench.ts';
import { cpuMsPerSecondOf, memoryMbOf } from './many-nodes.ts';

const bulk = 1000;
/** Bulks in one run, so that a run takes long enough to be timed. */
const bulks = 20;
const singles = 500;

export const daemonTasks: Bench = {
  name: 'daemon: small tasks',
  about: '1000 calls of x => x * x, then all results; results a second on 2 workers of two nodes on loopback.',
  unit: 'per second',
  rounds: 15,
  async open(): Promise<OpenBench> {
    const cluster = await ProcessCluster.open([1, 1]);
    const session = await connect({ address: cluster.join });
    const square = session.remote((x: number) => x * x);
    return {
      variants: [
        {
          name: 'gridbook through daemons',
          run: async () => {
            const start = performance.now();
            for (let b = 0; b < bulks; b++) await session.get(Array.from({ length: bulk }, (_, x) => square(x)));
            return ((bulk * bulks) / (performance.now() - start)) * 1000;
          },
        },
      ],
      limits: [{ what: 'small tasks a second', variant: 'gridbook through daemons', bar: { atLeast: 200_000 } }],
      comparisons: [],
      close: async () => {
        await session.close();
        await cluster.close();
      },
    };
  },
};

export const daemonSingles: Bench = {
  name: 'daemon: one task at a time',
  about: 'A call of x => x * x and its result before the next; mean of 500 in a run.',
  unit: 'us',
  rounds: 25,
  async open(): Promise<OpenBench> {
    const cluster = await ProcessCluster.open([1]);
    const session = await connect({ address: cluster.join });
    const square = session.remote((x: number) => x * x);
    const floor = await WebSocketFloor.open();
    return {
      variants: [
        {
          name: 'gridbook through a daemon',
          run: async () => {
            const start = performance.now();
            for (let x = 0; x < singles; x++) await square(x);
            return ((performance.now() - start) / singles) * 1000;
          },
        },
        { name: 'WebSocket round trip', run: () => floor.roundTrip(singles) },
      ],
      comparisons: [
        {
          what: 'against the bare round trip',
          above: 'gridbook through a daemon',
          below: 'WebSocket round trip',
          bar: { atMost: 1.5 },
        },
      ],
      close: async () => {
        await Promise.all([session.close(), floor.close()]);
        await cluster.close();
      },
    };
  },
};

export const daemonGrain: Bench = {
  name: 'daemon: METG(50%)',
  about: 'The shortest spinning task at which 2 workers of two nodes keep half of their peak, over map.',
  unit: 'us',
  rounds: 7,
  async open(): Promise<OpenBench> {
    const cluster = await ProcessCluster.open([1, 1]);
    const session = await connect({ address: cluster.join });
    return {
      variants: [{ name: 'gridbook through daemons', run: metgOf(session) }],
      comparisons: [],
      limits: [{ what: 'METG(50%) in microseconds', variant: 'gridbook through daemons', bar: { atMost: 10 } }],
      close: async () => {
        await session.close();
        await cluster.close();
      },
    };
  },
};

const matrix = randomMatrix(10, 1);
const runTasks = { matrix, totalCount: 40_000_000, pcNum: 4000 };

export const growing: Bench = {
  name: 'daemon: a node joins in the middle of a run',
  about:
    'Multiplications of markov a second, n = 10: on one node, and on the same one when a second one joins as the run starts.',
  unit: 'per second',
  rounds: 5,
  async open(): Promise<OpenBench> {
    const cluster = await ProcessCluster.open([0, 1]);
    const session = await connect({ address: cluster.join });
    const rate = async (): Promise<number> => {
      const start = performance.now();
      await markov(session, runTasks);
      return (runTasks.totalCount / (performance.now() - start)) * 1000;
    };
    return {
      variants: [
        { name: 'one node', run: rate },
        {
          name: 'a second node joins',
          run: async () => {
            const run = rate();
            const node = await cluster.startNode({ cpus: 1 });
            const rateOfRun = await run;
            await cluster.kill(node, 'SIGTERM');
            return rateOfRun;
          },
        },
      ],
      comparisons: [{ what: 'against one node', above: 'a second node joins', below: 'one node' }],
      close: async () => {
        await session.close();
        await cluster.close();
      },
    };
  },
};

/** A head as `gridbook start` starts it, with a home of its own. */
async function idleHead(): Promise<{ pid: number; close(): Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'gridbook-idle-'));
  const config = headConfig(home, { resources: { cpus: 2 } });
  await startInBackground(config).then((port) => startedStop(home, port)); // the first start compiles what is new
  const port = await startInBackground(config);
  const pid = runningDaemons(home).find((daemon) => daemon.port === port)?.record.pid ?? 0;
  return {
    pid,
    close: async () => {
      await startedStop(home, port);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function startedStop(home: string, port: number): Promise<void> {
  const record = runningDaemons(home).find((daemon) => daemon.port === port)?.record;
  if (record === undefined) return;
  process.kill(record.pid, 'SIGTERM');
  while (isRunning(record)) await new Promise((resolve) => setTimeout(resolve, 50));
}

export const idleDaemonMemory: Bench = {
  name: 'daemon: memory at rest',
  about: 'The resident memory of a head that has nothing to do, as it is started in the background.',
  unit: 'MB',
  rounds: 3,
  async open(): Promise<OpenBench> {
    const idle = await idleHead();
    return {
      variants: [{ name: 'head at rest', run: async () => memoryMbOf(idle.pid) }],
      comparisons: [],
      limits: [{ what: 'MB resident', variant: 'head at rest', bar: { atMost: 90 } }],
      close: () => idle.close(),
    };
  },
};

export const idleDaemonProcessor: Bench = {
  name: 'daemon: processor at rest',
  about: 'The processor time that a head takes in a second without anything to do.',
  unit: 'ms',
  rounds: 3,
  async open(): Promise<OpenBench> {
    const idle = await idleHead();
    return {
      variants: [{ name: 'head at rest', run: () => cpuMsPerSecondOf(idle.pid, 3000) }],
      comparisons: [],
      limits: [{ what: 'ms in a second', variant: 'head at rest', bar: { atMost: 10 } }],
      close: () => idle.close(),
    };
  },
};
