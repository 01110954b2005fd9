/**
 * What `import … from 'gridbook'` gives: `connect` opens a session, whose calls run functions on workers; `sweep` measures what
 * splitting work costs.
 *
 * @module gridbook
 */

export type { Actor, ActorClass, ActorOptions } from './actor.ts';
export {
  type CellHost,
  type CellName,
  type CellPlace,
  type ImportedName,
  setCellHost,
  type TaskOutput,
} from './cell-host.ts';
export { cancelTasksOfCell, closeSessionsOfCells } from './cell-tasks.ts';
export type { Resources } from './cluster/cluster.ts';
export { type ConnectOptions, connect } from './connect.ts';
export { currentSession } from './current-session.ts';
export * from './errors.ts';
export type { SessionEvent } from './events.ts';
export {
  type ComparedDifference,
  type ComparedExperiment,
  type ComparedPoint,
  compareExperiments,
  type ExperimentComparison,
} from './experiments/comparison.ts';
export {
  Experiment,
  type ExperimentData,
  type ExperimentDefinition,
  type Machine,
  type RunFailure,
} from './experiments/experiment.ts';
export { type Axis, type Grid, parseAxis } from './experiments/grid.ts';
export type { CostModel } from './experiments/models/cost-model.ts';
export type { MetgModel, TaskEfficiency } from './experiments/models/metg.ts';
export type { Estimate, Model, PointGroup } from './experiments/models/model.ts';
export type { AnyModel, MissingModel } from './experiments/models/models-of.ts';
export type { AmdahlModel, SpeedUp, UslModel } from './experiments/models/scaling.ts';
export type { CompareParameters } from './experiments/peers/compare-parameters.ts';
export { type CompareOptions, compareWith } from './experiments/peers/compare-with.ts';
export type { MissingPeer, PeerName } from './experiments/peers/peer.ts';
export type {
  ComparedPeer,
  PeerComparison,
  PeerComparisonData,
  PeerComparisonJson,
  PeerFailure,
  PeerRow,
  PeerRun,
} from './experiments/peers/peer-comparison.ts';
export type { PublishedFigure } from './experiments/peers/published.ts';
export type { Point } from './experiments/point.ts';
export type { ExperimentJson, ModelJson } from './experiments/report/experiment-json.ts';
export type { TableOptions } from './experiments/report/experiment-table.ts';
export type { PictureTheme } from './experiments/report/picture-theme.ts';
export { Plot, type PlotPictureOptions, plotOf, type VegaLiteSpec } from './experiments/report/plot.ts';
export { type PlotKind, plotKinds } from './experiments/report/plot-data.ts';
export type { PlotSize } from './experiments/report/plot-size.ts';
export type { PlotTextOptions } from './experiments/report/plot-text-options.ts';
export {
  formatBytes,
  formatCount,
  formatDuration,
  formatLongDuration,
  formatRate,
  formatRatio,
} from './experiments/report/quantities.ts';
export { type TextColumn, textTable } from './experiments/report/text-table.ts';
export type { FlatRecord, Latency, NodeUse, RunRecord } from './experiments/run-record.ts';
export type { Percentiles, Ratio, Summary } from './experiments/statistics.ts';
export type {
  ExperimentStore,
  ExperimentSummary,
  ListOptions,
  NewExperiment,
} from './experiments/store/experiment-store.ts';
export { openStore, type StoreOptions } from './experiments/store/open-store.ts';
export { type SweepOptions, sweep } from './experiments/sweep.ts';
export type { SweepProgress } from './experiments/sweep-progress.ts';
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
export {
  type BuiltinWorkloads,
  type MarkovInput,
  type MatmulInput,
  type NoopInput,
  type PiInput,
  type SpinInput,
  workloads,
} from './workloads/builtin.ts';
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
export {
  type BaselineOutcome,
  defineWorkload,
  type JsonValue,
  type ParamInfo,
  type Params,
  type PreparedRun,
  type RunOutcome,
  type RunRequest,
  type Workload,
  type WorkloadContext,
  type WorkloadDefinition,
} from './workloads/workload.ts';
