// What a task costs: small tasks in bulk, one at a time, actor calls, beside bare threads, piscina and Ray.

import { Piscina } from 'piscina';
import { connect } from '../../sdk/index.ts';
import { TimingsRecorder } from '../../sdk/timings.ts';
import type { Bench, OpenBench } from './bench.ts';
import { PostMessageFloor } from './floors/post-message-floor.ts';
import { openRayTasks } from './ray-tasks.ts';

const bulk = 1000;
/** Bulks in one run, so that a run takes long enough to be timed. */
const bulks = 20;
const singles = 500;

const perSecond = (count: number, startedAt: number): number => (count / (performance.now() - startedAt)) * 1000;

/** The small tasks of the tables: 1000 calls, then all results, again and again. */
export const smallTasks: Bench = {
  name: 'small tasks',
  about:
    '1000 calls of x => x * x, then all results; results a second on 2 workers. Not measured: starting the workers.',
  unit: 'per second',
  rounds: 15,
  async open(): Promise<OpenBench> {
    const session = await connect({ workers: 2 });
    const square = session.remote((x: number) => x * x);
    const floor = await PostMessageFloor.open();
    const filename = new URL('./floors/piscina-task.ts', import.meta.url).href;
    const piscina = new Piscina({ filename, minThreads: 2, maxThreads: 2, concurrentTasksPerWorker: 100 });
    const opened = await openRayTasks();
    const ray = 'missing' in opened ? undefined : opened;
    const ours = async (): Promise<number> => {
      const start = performance.now();
      for (let b = 0; b < bulks; b++) {
        await session.get(Array.from({ length: bulk }, (_, x) => square(x)));
      }
      return perSecond(bulk * bulks, start);
    };
    const { record, count } = TimingsRecorder.prototype;
    const untimed = async (): Promise<number> => {
      Object.assign(TimingsRecorder.prototype, { record: () => {}, count: () => {} });
      try {
        return await ours();
      } finally {
        Object.assign(TimingsRecorder.prototype, { record, count });
      }
    };
    const counter = session.actor(
      class Counter {
        value = 0;
        add(n: number): number {
          this.value += n;
          return this.value;
        }
      },
    );
    return {
      variants: [
        { name: 'gridbook', run: ours },
        { name: 'gridbook, nothing recorded', run: untimed },
        {
          name: 'gridbook map of 20,000',
          run: async () => {
            const start = performance.now();
            await session.map(square, new Array<number>(bulk * bulks).fill(2)).forEach(() => {});
            return perSecond(bulk * bulks, start);
          },
        },
        {
          name: 'gridbook actor calls',
          run: async () => {
            const start = performance.now();
            for (let b = 0; b < bulks; b++) {
              await session.get(Array.from({ length: bulk }, () => counter.add(1)));
            }
            return perSecond(bulk * bulks, start);
          },
        },
        { name: 'postMessage, 1 a message', run: () => floor.throughput(bulk * bulks, 1) },
        { name: 'postMessage, 100 a message', run: () => floor.throughput(bulk * bulks, 100) },
        {
          name: 'piscina',
          run: async () => {
            const start = performance.now();
            for (let b = 0; b < bulks; b++) {
              await Promise.all(Array.from({ length: bulk }, (_, x) => piscina.run(x)));
            }
            return perSecond(bulk * bulks, start);
          },
        },
        ...(ray === undefined ? [] : [{ name: 'ray', roundsMax: 5, run: () => ray.perSecond('bulk', bulk) }]),
        ...(ray === undefined
          ? []
          : [{ name: 'ray actor calls', roundsMax: 5, run: () => ray.perSecond('actor', bulk) }]),
      ],
      limits: [
        { what: 'small tasks a second', variant: 'gridbook', bar: { atLeast: 300_000 } },
        { what: 'actor calls a second', variant: 'gridbook actor calls', bar: { atLeast: 150_000 } },
      ],
      comparisons: [
        { what: 'against one postMessage a task', above: 'gridbook', below: 'postMessage, 1 a message' },
        { what: 'against 100 a message', above: 'gridbook', below: 'postMessage, 100 a message' },
        { what: 'against piscina', above: 'gridbook', below: 'piscina' },
        { what: 'against ray', above: 'gridbook', below: 'ray', bar: { atLeast: 100 } },
        {
          what: 'recording times costs at most 5 %',
          above: 'gridbook, nothing recorded',
          below: 'gridbook',
          bar: { atMost: 1.05 },
        },
      ],
      missing: 'missing' in opened ? [opened.missing] : [],
      close: async () => {
        await Promise.all([session.close(), floor.close(), piscina.destroy(), ray?.close()]);
      },
    };
  },
};

/** One task after the other. */
export const singleTasks: Bench = {
  name: 'one task at a time',
  about: 'A call of x => x * x and its result before the next; mean of 500 in a run.',
  unit: 'us',
  rounds: 25,
  async open(): Promise<OpenBench> {
    const session = await connect({ workers: 1 });
    const square = session.remote((x: number) => x * x);
    const floor = await PostMessageFloor.open();
    const filename = new URL('./floors/piscina-task.ts', import.meta.url).href;
    const piscina = new Piscina({ filename, minThreads: 1, maxThreads: 1 });
    const oneByOne = async (call: (x: number) => PromiseLike<unknown>): Promise<number> => {
      const start = performance.now();
      for (let x = 0; x < singles; x++) await call(x);
      return ((performance.now() - start) / singles) * 1000;
    };
    return {
      variants: [
        { name: 'gridbook', run: () => oneByOne(square) },
        { name: 'postMessage round trip', run: () => floor.roundTrip(singles) },
        { name: 'piscina', run: () => oneByOne((x) => piscina.run(x)) },
      ],
      comparisons: [
        {
          what: 'against the bare round trip',
          above: 'gridbook',
          below: 'postMessage round trip',
          bar: { atMost: 1.5 },
        },
        { what: 'piscina against the bare round trip', above: 'piscina', below: 'postMessage round trip' },
      ],
      close: async () => {
        await Promise.all([session.close(), floor.close(), piscina.destroy()]);
      },
    };
  },
};
