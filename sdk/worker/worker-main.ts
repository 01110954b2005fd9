// The entry of a worker thread: one channel to its session, one executor.

import { MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Frame } from '../protocol/channel.ts';
import { PortChannel } from '../protocol/port-channel.ts';
import { Executor } from './executor.ts';
import { OutputWatch } from './output-watch.ts';

const output: unknown = workerData?.output;
if (parentPort === null || !(output instanceof MessagePort)) {
  throw new Error('worker-main runs in a worker thread of a session, not by itself');
}
const watch = new OutputWatch(output);

/** Output is told of before the answers of the tasks that printed it: after the last one the program may end. */
class WatchedChannel extends PortChannel {
  override send(frame: Frame): void {
    watch.check();
    super.send(frame);
  }
}

const executor = new Executor(new WatchedChannel(parentPort));
process.on('unhandledRejection', (error) => executor.onStrayError(error));
