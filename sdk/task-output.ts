// What tasks print: asked for from their workers, and where it goes here.
//
// Threads print on this process's output by themselves, unless a host of cells takes what is printed. What the worker
// processes of daemons print would be seen in their daemons' logs only: `connect` has it printed here, too.
//
// Owns: nothing. Does not own: catching it on the worker (worker/output-capture.ts), of which cell a task is (cell-tasks.ts).
// Callers: worker-pool.ts, session-core.ts.

import { cellHost } from './cell-host.ts';
import type { Cluster, WorkerLease } from './cluster/cluster.ts';
import type { EventHub, SessionEvent } from './events.ts';
import { buildFrame } from './protocol/codec.ts';
import type { TaskId } from './protocol/ids.ts';
import type { SessionToWorker, TaskOutputMessage } from './protocol/messages.ts';

/** Asks a worker for what its tasks print, where that is wanted here. */
export function takeOutput({ channel }: WorkerLease, { printsHere = false }: Cluster): void {
  if (!printsHere && cellHost()?.onOutput === undefined) return;
  const messages: SessionToWorker[] = [{ type: 'output.take' }];
  channel.send({ bytes: buildFrame([], messages), shared: [] });
}

/** What a worker said of its output, for who listens. */
export function outputOf({ id, stream, text }: TaskOutputMessage, { worker }: WorkerLease): SessionEvent {
  return { type: 'task.output', worker, task: id ?? undefined, stream, text };
}

/** Gives what the tasks of a session print to the host of cells, or prints it, each line after its worker's name. */
export function showOutput(events: EventHub, cellOf: (task: TaskId) => unknown): void {
  events.on((event) => {
    if (event.type !== 'task.output') return;
    const { worker, task, stream, text } = event;
    const host = cellHost();
    if (host?.onOutput !== undefined) {
      host.onOutput({ worker, task, stream, text, cell: task === undefined ? undefined : cellOf(task) });
      return;
    }
    const lines = text.replace(/\n$/, '').split('\n');
    process[stream].write(lines.map((line) => `${worker} | ${line}\n`).join(''));
  });
}
