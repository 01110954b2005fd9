// The public door: what `import … from 'gridbook'` gives.

export type { Actor, ActorClass, ActorOptions } from './actor.ts';
export type { Resources } from './cluster/cluster.ts';
export { type ConnectOptions, connect } from './connect.ts';
export { currentSession } from './current-session.ts';
export * from './errors.ts';
export type { SessionEvent } from './events.ts';
export type { MapProgress } from './map.ts';
export type { MapStream } from './map-stream.ts';
export { ObjectRef } from './object-ref.ts';
export type { PlacementOptions } from './placement.ts';
export type { AnyFunction, Remote, RemoteArg, RemoteArgs, RemoteModule, WholeValue, WithRefs } from './remote.ts';
export type { Session } from './session.ts';
export type { MapOptions, RemoteCombine, RemoteMapper, RemoteOptions } from './session-options.ts';
export type { TaskOptions } from './task-options.ts';
export { type Stage, stages, type TimeSummary, type Timings } from './timings.ts';
export type { WaitOptions, WaitResult, WaitSomeOptions } from './waiting.ts';
export { type BaselineParameters, type BaselineResult, baseline } from './workloads/markov/baseline.ts';
export type { ClosedClass } from './workloads/markov/classes.ts';
export { analyseLimit, type LimitAnalysis, type LimitMeasures } from './workloads/markov/limit.ts';
export {
  type MarkovOptions,
  type MarkovProgress,
  type MarkovResult,
  markov,
} from './workloads/markov/markov.ts';
export {
  checkMatrix,
  randomMatrix,
  readMatrixFile,
  type TransitionMatrix,
} from './workloads/markov/matrix.ts';
export type { MarkovParameters } from './workloads/markov/parameters.ts';
export { partition } from './workloads/markov/partition.ts';
