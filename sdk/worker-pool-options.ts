// What a pool of workers is made with.

import type { Cluster, WorkerLoss, WorkerTerms } from './cluster/cluster.ts';
import type { EventHub } from './events.ts';
import type { NestedTasks } from './nested-tasks.ts';
import type { TaskPool } from './task.ts';
import type { TaskOutputs } from './task-output.ts';
import type { TimingsRecorder } from './timings.ts';

export interface WorkerPoolOptions {
  cluster: Cluster;
  terms: WorkerTerms;
  /** For an actor: one worker of its own, calls in order, none alone. */
  exclusive: boolean;
  timings: TimingsRecorder;
  events: EventHub;
  nested: NestedTasks;
  output: TaskOutputs;
  /** Where the tasks of its tasks go. @default this pool */
  nestedPool?: () => TaskPool;
  /** Called when a worker was lost, before tasks go to another one. */
  onWorkerLost?: (loss: WorkerLoss) => void;
}
