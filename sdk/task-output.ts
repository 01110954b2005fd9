// What tasks print: asked for from their workers, put together to lines, and where it goes here.
//
// Threads print on this process's output by themselves, unless a host of cells takes what is printed. What the worker
// processes of daemons print would be seen in their daemons' logs only: `connect` has it printed here, too.
//
// Owns: the line that each worker has begun. Does not own: catching it on the worker (worker/output-capture.ts), of which
//   cell a task is (cell-tasks.ts).
// Callers: worker-pool.ts, session-core.ts.
//
// Invariants:
//   O1. A line that a worker prints in pieces is told as one, also when several tasks of a cell print it.
//   O2. What has no end is told after a second, when it is long, before the caller goes on whose task was the last one
//       open, and when the session ends.
//   O3. An output that was closed, as by `head`, ends no program because its tasks print.

import { cellHost } from './cell-host.ts';
import type { Cluster, WorkerLease } from './cluster/cluster.ts';
import type { EventHub, SessionEvent } from './events.ts';
import { buildFrame } from './protocol/codec.ts';
import type { TaskId } from './protocol/ids.ts';
import type { SessionToWorker, TaskOutputMessage } from './protocol/messages.ts';

const begunMsMax = 1000;
const begunLengthMax = 8192;

const unwritten = { stdout: 0, stderr: 0 };

type OutputEvent = Extract<SessionEvent, { type: 'task.output' }>;

interface BegunLine {
  readonly said: OutputEvent;
  readonly timer: NodeJS.Timeout;
}

/** Asks a worker for what its tasks print, where that is wanted here. */
export function takeOutput({ channel }: WorkerLease, { printsHere }: Cluster): void {
  const isWanted = printsHere ?? cellHost()?.onOutput !== undefined;
  if (!isWanted) return;
  const messages: SessionToWorker[] = [{ type: 'output.take' }];
  channel.send({ bytes: buildFrame([], messages), shared: [] });
}

/** What the tasks of a session print. */
export class TaskOutputs {
  readonly #events: EventHub;
  readonly #cellOf: (task: TaskId) => unknown;
  /** By stream and lease. */
  readonly #begun = new Map<string, BegunLine>();

  constructor(events: EventHub, cellOf: (task: TaskId) => unknown) {
    this.#events = events;
    this.#cellOf = cellOf;
    events.on((event) => {
      if (event.type === 'task.output') this.#show(event);
    });
  }

  /** A worker said what its tasks printed. */
  onOutput({ id, stream, text }: TaskOutputMessage, { id: lease, worker }: WorkerLease): void {
    const key = `${stream} ${lease}`;
    const task = id ?? undefined;
    const before = this.#begun.get(key);
    const joins = before !== undefined && this.#cell(before.said.task) === this.#cell(task);
    if (!joins) this.#tellBegun(key);
    const all = joins ? before.said.text + text : text; // O1
    const linesLength = all.lastIndexOf('\n') + 1;
    const told = all.length - linesLength > begunLengthMax ? all.length : linesLength; // O2
    const begun: OutputEvent = { type: 'task.output', worker, task, stream, text: all.slice(told) };
    if (told === 0 && joins) {
      this.#begun.set(key, { said: begun, timer: before.timer });
      return;
    }
    if (joins) this.#forget(key, before);
    if (told > 0) this.#events.emit({ ...begun, text: all.slice(0, told) });
    if (begun.text === '') return;
    const timer = setTimeout(() => this.#tellBegun(key), begunMsMax).unref();
    this.#begun.set(key, { said: begun, timer });
  }

  /** Tells what has no end yet (O2). */
  flush(): void {
    for (const key of [...this.#begun.keys()]) this.#tellBegun(key);
  }

  #tellBegun(key: string): void {
    const begun = this.#begun.get(key);
    if (begun === undefined) return;
    this.#forget(key, begun);
    this.#events.emit(begun.said);
  }

  #forget(key: string, { timer }: BegunLine): void {
    clearTimeout(timer);
    this.#begun.delete(key);
  }

  #cell(task: TaskId | undefined): unknown {
    return task === undefined ? undefined : this.#cellOf(task);
  }

  /** Gives it to the host of cells, or prints it, each line after its worker's name. */
  #show({ worker, task, stream, text }: OutputEvent): void {
    const host = cellHost();
    if (host?.onOutput !== undefined) {
      host.onOutput({ worker, task, stream, text, cell: this.#cell(task) });
      return;
    }
    const lines = text.replace(/\n$/, '').split('\n');
    print(stream, lines.map((line) => `${worker} | ${line}\n`).join(''));
  }
}

/** O3: what fails is ignored, as long as what fails may be this. */
function print(stream: 'stdout' | 'stderr', text: string): void {
  const to = process[stream];
  if (unwritten[stream]++ === 0) to.on('error', ignoreError);
  const onWritten = (): void => {
    if (--unwritten[stream] === 0) to.off('error', ignoreError);
  };
  to.write(text, () => setImmediate(onWritten)); // the error is told of after the write's end
}

function ignoreError(): void {}
