// A head that holds a thousand nodes: how long it takes to grant ten thousand leases, what it costs to be there.

import type { Bench, OpenBench } from './bench.ts';
import { ManyNodes } from './many-nodes.ts';

const nodes = 1000;
const leases = 10_000;

export const manyNodes: Bench = {
  name: 'head of 1,000 nodes: leases',
  about:
    'From the first word to the last grant: leases of one cpu on nodes that are real connections and start workers at once. Not measured: processes.',
  unit: 'ms',
  rounds: 5,
  async open(): Promise<OpenBench> {
    const [many, few] = await Promise.all([ManyNodes.open(nodes), ManyNodes.open(nodes / 10)]);
    return {
      variants: [
        { name: '10,000 leases, packed', run: () => many.lease({ count: leases, strategy: 'pack' }) },
        { name: '10,000 leases, spread', run: () => many.lease({ count: leases, strategy: 'spread' }) },
        {
          name: '10,000 leases of 100 sessions',
          run: () => many.lease({ count: leases, strategy: 'pack', sessions: 100 }),
        },
        { name: '1,000 leases, packed', run: () => many.lease({ count: leases / 10, strategy: 'pack' }) },
        { name: '1,000 leases on 100 nodes', run: () => few.lease({ count: leases / 10, strategy: 'pack' }) },
      ],
      limits: [
        { what: '10,000 leases in at most, ms', variant: '10,000 leases, packed', bar: { atMost: 5000 } },
        { what: 'the same spread, ms', variant: '10,000 leases, spread', bar: { atMost: 5000 } },
      ],
      comparisons: [
        {
          what: 'ten times the leases',
          above: '10,000 leases, packed',
          below: '1,000 leases, packed',
          bar: { atMost: 15 },
        },
        {
          what: 'ten times the nodes',
          above: '1,000 leases, packed',
          below: '1,000 leases on 100 nodes',
          bar: { atMost: 15 },
        },
      ],
      close: async () => {
        await Promise.all([many.close(), few.close()]);
      },
    };
  },
};

export const manyNodesMemory: Bench = {
  name: 'head of 1,000 nodes: memory',
  about: 'The resident memory of a head, with nodes that tell their load once a second, after 10,000 leases.',
  unit: 'MB',
  rounds: 3,
  async open(): Promise<OpenBench> {
    const [many, few] = await Promise.all([ManyNodes.open(nodes), ManyNodes.open(1)]);
    await many.lease({ count: leases, strategy: 'pack' });
    return {
      variants: [
        { name: '1,000 nodes', run: async () => many.memoryMb() },
        { name: '1 node', run: async () => few.memoryMb() },
      ],
      limits: [{ what: 'MB of a head of 1,000 nodes', variant: '1,000 nodes', bar: { atMost: 512 } }],
      comparisons: [{ what: 'against a head of 1 node', above: '1,000 nodes', below: '1 node' }],
      close: async () => {
        await Promise.all([many.close(), few.close()]);
      },
    };
  },
};

export const manyNodesIdle: Bench = {
  name: 'head of 1,000 nodes: processor',
  about: 'The processor time of a head in a second in which nobody asks for anything and each node tells its load.',
  unit: 'ms',
  rounds: 3,
  async open(): Promise<OpenBench> {
    const many = await ManyNodes.open(nodes);
    return {
      variants: [{ name: '1,000 nodes', run: () => many.cpuMsPerSecond(3000) }],
      limits: [{ what: 'ms in a second', variant: '1,000 nodes', bar: { atMost: 250 } }],
      comparisons: [],
      close: () => many.close(),
    };
  },
};
