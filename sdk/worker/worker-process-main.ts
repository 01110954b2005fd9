// The entry of a worker process: one lease at a time, one connection a lease, one executor a connection.
//
// Owns: the Unix socket of the lease, the executor. Does not own: which lease, or how long it lives (the daemon).
// Callers: the daemon starts it and tells it over a pipe; sessions connect to the socket.
//
// Invariants:
//   B1. A socket takes one connection and is gone from the file system then: a lease is never held twice.
//   B2. A connection that was closed by intent leaves nothing behind but what users' functions did to the process: the
//       next lease of the same session gets a new executor, without functions and without an actor. Any other end of a
//       connection ends the process, for something may still be running.
//   B3. Without its daemon the process ends, whatever it is doing.
//   B4. One that is to leave gives back what it has not begun, and ends when what runs has answered and its session has given
//       it back: whoever closes a connection on which tasks may be under way loses them. A session that does not answer
//       is waited for a short while only, and not at all where an actor lives, which is not given back.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ObjectPlace } from '../cluster/object-place.ts';
import { WorkerObjects, type WorkerStore } from '../cluster/objects-worker.ts';
import { ObjectLostError, ResourceError } from '../errors.ts';
import { nowMs } from '../protocol/clock.ts';
import { readJsonLines, writeJsonLine } from '../protocol/json-lines.ts';
import { frameMessageBytesMax, WebSocketChannel } from '../protocol/websocket-channel.ts';
import { textOf } from '../text-of.ts';
import { Executor } from './executor.ts';
import { releaseOutput } from './output-capture.ts';
import { asParentMessage, parentDescriptor, type WorkerToParent } from './worker-process-messages.ts';

const watchEntry = new URL(
  import.meta.url.endsWith('.ts') ? './parent-watch-main.ts' : './parent-watch-main.js',
  import.meta.url,
);

/** How often a process that is to leave looks whether it may, in milliseconds. */
const doneLookMs = 10;
/** How long its session has to give it back, in milliseconds. */
const givenBackWaitMs = 500;

/** How much of an error's words the daemon is told. */
const messageMax = 1000;

/** Users' functions may put something else in its place. */
const exit = process.exit.bind(process);

const parent = new Socket({ fd: parentDescriptor, readable: true, writable: true });

function tell(message: WorkerToParent, done: () => void = () => {}): void {
  if (parent.writable) writeJsonLine(parent, message, done);
  else done();
}

/** The executor of the latest connection: stray errors of tasks go where the tasks came from. */
let executor: Executor | undefined;
/** That connection, until it is closed. */
let connection: WebSocketChannel | undefined;
let isLeaving = false;
/** The lease that nobody has connected to yet. */
let offered: { socket: string; server: Server } | undefined;

/** Objects that the node was asked to bring. */
const asked = new Map<number, PromiseWithResolvers<void>>();
let askedCount = 0;

function bring(place: ObjectPlace): Promise<void> {
  const request = ++askedCount;
  const brought = Promise.withResolvers<void>();
  asked.set(request, brought);
  tell({ type: 'object.bring', request, place });
  return brought.promise;
}

function objectsOf(store: WorkerStore): WorkerObjects {
  return new WorkerObjects({ store, onMade: (place) => tell({ type: 'object.made', place }), bring });
}

function serve(socket: string, store: WorkerStore | undefined): void {
  const server = createServer((_request, response) => response.writeHead(426).end());
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: frameMessageBytesMax,
  });
  server.on('upgrade', (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    raw.on('error', () => {}); // `ws` listens once it has taken the socket over
    if (offered?.server !== server) return refuse(raw, '409 Conflict', 'the lease is in use');
    sockets.handleUpgrade(request, raw, head, (peer) => onConnected(peer, socket, server, store));
  });
  server.on('error', (error) => {
    tell({ type: 'worker.ending', reason: 'uncaught-error', message: error.message }, () => exit(1));
  });
  server.listen(socket, () => tell({ type: 'lease.served', socket }));
  offered = { socket, server };
}

function refuse(raw: Duplex, status: string, error: string): void {
  const body = JSON.stringify({ error });
  const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
  raw.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
}

/** B1 */
function closeServer(server: Server): void {
  offered = undefined;
  server.close();
  server.closeAllConnections();
}

function onConnected(peer: WebSocket, socket: string, server: Server, store: WorkerStore | undefined): void {
  closeServer(server);
  tell({ type: 'lease.connected', socket });
  const channel = new WebSocketChannel(peer, 'server');
  connection = channel;
  channel.onClose = (reason, isClean) => {
    connection = undefined;
    if (isLeaving) {
      leave(); // B4
    } else if (isClean) {
      executor = undefined; // B2
      releaseOutput();
      tell({ type: 'lease.ended', socket });
    } else {
      tell({ type: 'worker.ending', reason: 'connection-lost', message: reason }, leave);
    }
  };
  executor = new Executor(channel, store && objectsOf(store));
}

/** Ends the process when the daemon has got what tasks printed: more may be buffered than the pipe takes at once. */
function leave(): void {
  process.stdout.write('', () => process.stderr.write('', () => exit(0)));
}

/** B4 */
function leaveWhenDone(): void {
  const channel = connection;
  if (isLeaving) return;
  isLeaving = true;
  if (channel === undefined) {
    leave();
    return;
  }
  executor?.leave();
  let idleFrom = nowMs();
  const timer = setInterval(() => {
    if (executor?.isBusy) idleFrom = nowMs();
    if (executor?.isBusy || (!executor?.hasActor && nowMs() - idleFrom < givenBackWaitMs)) return;
    clearInterval(timer);
    setImmediate(() => channel.close()); // its answers leave in this turn
  }, doneLookMs);
}

function onParentValue(value: unknown): void {
  const message = asParentMessage(value);
  if (message?.type === 'worker.leave') leaveWhenDone();
  if (message?.type === 'lease.serve') serve(message.socket, message.store);
  if (message?.type === 'object.brought') {
    const { request, error, isLost } = message;
    if (error === null) asked.get(request)?.resolve();
    else asked.get(request)?.reject(isLost ? new ObjectLostError(error) : new ResourceError(error));
    asked.delete(request);
  }
  if (message?.type === 'lease.forgo' && offered !== undefined) {
    const { socket, server } = offered;
    closeServer(server);
    tell({ type: 'lease.ended', socket });
  }
}

readJsonLines(parent, {
  onValue: onParentValue,
  onUnreadable: (what) => {
    tell({ type: 'worker.ending', reason: 'uncaught-error', message: `its daemon sent ${what}` }, () => exit(1));
  },
});
parent.on('error', () => {}); // 'close' follows
parent.on('close', () => {
  if (offered !== undefined) closeServer(offered.server); // nobody else removes the socket any more
  exit(0); // B3
});
process.on('SIGTERM', leave);
process.on('unhandledRejection', (error) => executor?.onStrayError(error));
process.on('uncaughtExceptionMonitor', (error: unknown) => {
  tell({ type: 'worker.ending', reason: 'uncaught-error', message: textOf(error).slice(0, messageMax) });
});

// B3: also while a function does not return. It needs next to no memory.
new Worker(watchEntry, { resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 } }).unref();

// Meant for this process and its thread alone; what tasks start inherits the environment.
delete process.env['NODE_COMPILE_CACHE'];
