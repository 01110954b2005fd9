// A thread of a worker process that ends the process, and what its tasks started, when the daemon is gone.
//
// The main thread may be inside a user's function that never returns, and then learns of nothing. The daemon holds the
// other end of a pipe and never writes to it: when it ends, however it ends, the system closes it.

import { Socket } from 'node:net';

/** Where the daemon puts the pipe among the descriptors of the process. */
const pipeDescriptor = 4;

const pipe = new Socket({ fd: pipeDescriptor, readable: true, writable: false });
pipe.on('error', () => {});
pipe.on('close', () => {
  try {
    // The process leads a group of its own, and this is the whole of it.
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
});
pipe.resume();
