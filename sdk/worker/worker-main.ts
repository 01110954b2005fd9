// The entry of a worker thread: one channel to its session, one executor.

import { parentPort } from 'node:worker_threads';
import { PortChannel } from '../protocol/port-channel.ts';
import { Executor } from './executor.ts';

if (parentPort === null) throw new Error('worker-main runs in a worker thread of a session, not by itself');

const executor = new Executor(new PortChannel(parentPort));
process.on('unhandledRejection', (error) => executor.onStrayError(error));
