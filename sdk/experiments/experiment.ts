// An experiment: runs over a grid of parameters, and what they say.

import { cpus, release, totalmem } from 'node:os';
import type { JsonValue, Params } from '../workloads/workload.ts';
import { type AnyModel, type MissingModel, type Models, modelsOf } from './models/models-of.ts';
import type { Point } from './point.ts';
import { csvOf } from './report/csv.ts';
import { type ExperimentJson, experimentDataOf, experimentJsonOf, flatRecordsOf } from './report/experiment-json.ts';
import { experimentTable, type TableOptions } from './report/experiment-table.ts';
import { experimentHtml, experimentTableHtml } from './report/html-report.ts';
import { experimentMarkdown } from './report/markdown.ts';
import { type Plot, plotOf } from './report/plot.ts';
import type { PlotKind } from './report/plot-data.ts';
import { reportedOf } from './report/plotted.ts';
import type { RunRecord } from './run-record.ts';
import { summarise } from './statistics.ts';

/** So many runs at least make a point that was added count. */
const addedRunsLeast = 3;

/** What is measured, and how. */
export interface ExperimentDefinition {
  /** The workload's name. */
  readonly workload: string;
  /** What is counted as work, in the plural. */
  readonly workUnit: string;
  /** The parameter that says into how many tasks the work is split; null where there is none. */
  readonly splitBy: string | null;
  /** The values of each parameter, and of `workers`, that are combined; all parameters are named. */
  readonly axes: Readonly<Record<string, readonly JsonValue[]>>;
  /** How often each point is measured, at most; once more as often each time that points are added beside it. */
  readonly repeats: number;
  /** How often each point is run before that, not measured. */
  readonly warmup: number;
  /** In which order the points of a round come. */
  readonly order: 'random' | 'grid';
  /** Where the random order comes from. */
  readonly seed: number;
  /** Half the width of a median's interval over the median from which on a point is known well enough; 0 for never. */
  readonly precision: number;
  /** Whether the plain loop was run, too. */
  readonly baseline: boolean;
  /** Whether splits that the axes do not have were measured, too, where the choice of one was not certain without them. */
  readonly refine: boolean;
  /** Where the workers are: `embedded`, or the head's address. */
  readonly cluster: string;
}

/** What an experiment was made on. */
export interface Machine {
  /** Its processor's name. */
  readonly processor: string;
  /** How many cores it has. */
  readonly cores: number;
  /** How much memory it has. */
  readonly memoryBytes: number;
  /** Its operating system and architecture. */
  readonly system: string;
  /** The version of Node. */
  readonly node: string;
}

/** This machine. */
export function thisMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${process.platform} ${process.arch} ${release()}`,
    node: process.versions.node,
  };
}

/** A run that failed. */
export interface RunFailure {
  /** All parameters of its point. */
  readonly params: Params;
  /** How many workers it had. */
  readonly workers: number;
  /** Which run of its point, from 1. */
  readonly repeat: number;
  /** Why. */
  readonly message: string;
}

/** All that is kept of an experiment. */
export interface ExperimentData {
  /** Sets it apart from all others. */
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string;
  /** What is measured, and how. */
  readonly definition: ExperimentDefinition;
  /** What it is made on. */
  readonly machine: Machine;
  /** As ISO 8601. */
  readonly startedAt: string;
  /** As ISO 8601; null while it runs, or when it was interrupted. */
  readonly endedAt: string | null;
  /** In the order in which they were made. */
  readonly records: readonly RunRecord[];
  /** Runs that failed. */
  readonly failures: readonly RunFailure[];
}

/**
 * Runs over a grid of parameters, and what they say. Made by `sweep`.
 *
 * @example
 * ```ts
 * import { connect, Experiment, sweep, workloads } from 'gridbook';
 *
 * await using session = await connect({ workers: 2 });
 * const experiment = await sweep(session, workloads.markov, { totalCount: 1000, pcNum: [1, 10] }, { repeats: 3 });
 * const again = Experiment.fromJSON(JSON.stringify(experiment));
 * console.log(again.records.length, again.toCSV().split('\n').length); // prints: 6 8
 * ```
 */
export class Experiment {
  /** All that is kept of it. */
  readonly data: ExperimentData;
  /** Fitted to so many records. */
  #models: { readonly records: number; readonly fitted: Models } | undefined;

  /** Experiments are made by `sweep`, or from what a store kept. @internal */
  constructor(data: ExperimentData) {
    this.data = data;
  }

  /** What is measured, and how. */
  get definition(): ExperimentDefinition {
    return this.data.definition;
  }

  /** One record a run, in the order in which they were made. */
  get records(): readonly RunRecord[] {
    return this.data.records;
  }

  /** What the runs of each combination came to, in the order of the grid. */
  get points(): readonly Point[] {
    return pointsOf(this.data);
  }

  /** What follows from the points: what splitting costs, and what more workers bring. */
  get models(): readonly AnyModel[] {
    return this.#fitted().models;
  }

  /** The models that a person may look for and that the points do not support, with the reasons. */
  get missingModels(): readonly MissingModel[] {
    return this.#fitted().missing;
  }

  #fitted(): Models {
    const { length } = this.data.records;
    if (this.#models?.records !== length) {
      const points = this.points.filter((point) => !isUnfinished(point, this.definition));
      this.#models = { records: length, fitted: modelsOf(points, this.definition) };
    }
    return this.#models.fitted;
  }

  /**
   * Lays the points out for a terminal: what they have alike above, one line each, what it means below.
   *
   * @param options - how wide it may be, and whether headings are set off.
   * @returns lines without a final line break.
   * @throws InvalidArgumentError when the width is not a number of characters.
   */
  table(options: TableOptions = {}): string {
    return experimentTable(reportedOf(this), options);
  }

  /**
   * Makes a plot, to be drawn as text, as a picture or as a Vega-Lite spec.
   *
   * @param kind - what is shown: `time`, `throughput`, `efficiency`, `speedup`, `latency` or `breakdown`.
   * @returns the plot.
   * @throws InvalidArgumentError when there is no such kind, or the runs lack what it shows.
   */
  plot(kind: PlotKind): Plot {
    return plotOf(this, kind);
  }

  /**
   * Gives the records as comma-separated values.
   *
   * @returns a line of names, then a line a run; nested values have columns such as `latencyP50Ms`.
   */
  toCSV(): string {
    return csvOf(flatRecordsOf(this.data));
  }

  /**
   * Gives all of it as plain data, which `JSON.stringify` writes and `fromJSON` reads.
   *
   * @returns definition, machine, models and records; in records, parameters, measures and findings are side by side.
   */
  toJSON(): ExperimentJson {
    return experimentJsonOf(reportedOf(this));
  }

  /**
   * Writes it up in Markdown: findings, table, models, and plots as text.
   *
   * @returns the document, in GitHub's flavour.
   */
  toMarkdown(): string {
    return experimentMarkdown(reportedOf(this));
  }

  /**
   * Writes it up as one HTML page that needs nothing but itself: findings, plots, models, table and records.
   *
   * @returns the page; `fromJSON` reads it back.
   */
  async toHTML(): Promise<string> {
    return experimentHtml(reportedOf(this));
  }

  /**
   * Lays the points out as `table` does, in HTML to be put into a page or shown in a notebook.
   *
   * @returns markup in which nothing that comes from outside is more than text.
   */
  toTableHTML(): string {
    return experimentTableHtml(reportedOf(this));
  }

  /**
   * Makes an experiment from what `toJSON` or `toHTML` gave.
   *
   * @param input - the data, its JSON, or the text of a report.
   * @returns the experiment.
   * @throws InvalidArgumentError when it is something else, from a newer version, or damaged; it says where.
   */
  static fromJSON(input: unknown): Experiment {
    return new Experiment(experimentDataOf(input));
  }
}

/** Whether a point was being added: few runs of it must not take the recommendation away that the others give. */
function isUnfinished({ params, records }: Point, { axes, splitBy, refine }: ExperimentDefinition): boolean {
  if (!refine || splitBy === null) return false;
  const text = JSON.stringify(params[splitBy] ?? null);
  return records.length < addedRunsLeast && axes[splitBy]?.every((given) => JSON.stringify(given) !== text) === true;
}

/** Where a value stands among those of an axis, also one that was added between them. */
function placeOn(axis: readonly JsonValue[], value: JsonValue): number {
  const text = JSON.stringify(value);
  const place = axis.findIndex((other) => JSON.stringify(other) === text);
  if (place >= 0 || typeof value !== 'number') return place;
  const below = axis.filter((other) => typeof other === 'number' && other < value).length;
  // Less than a whole place behind the one below it, and the further the larger it is.
  return below - 1 / (1 + Math.max(0, value));
}

/** The points of an experiment, in the order of its axes. */
export function pointsOf({ definition, records }: Pick<ExperimentData, 'definition' | 'records'>): Point[] {
  const { axes, splitBy } = definition;
  const names = Object.keys(axes);
  const place = (record: RunRecord): number[] =>
    names.map((name) => placeOn(axes[name] ?? [], name === 'workers' ? record.workers : (record.params[name] ?? null)));
  const groups = Map.groupBy(records, (record) => JSON.stringify([record.params, record.workers]));
  const baselines = Map.groupBy(records, ({ params }) => JSON.stringify({ ...params, [splitBy ?? '']: null }));
  return [...groups.values()]
    .map((runs) => ({ runs, place: place(runs[0]!) }))
    .sort((a, b) => {
      const at = a.place.findIndex((value, i) => value !== b.place[i]);
      return at < 0 ? 0 : a.place[at]! - b.place[at]!;
    })
    .map(({ runs }) => {
      const { params, workers, tasks, work } = runs[0]!;
      const same = baselines.get(JSON.stringify({ ...params, [splitBy ?? '']: null })) ?? [];
      // The points of a round share one run of the plain loop, which counts once.
      const plain = new Map(same.map(({ repeat, baselineMs }) => [`${repeat} ${baselineMs}`, baselineMs]));
      const plainMs = [...plain.values()].filter((ms) => ms !== null);
      return {
        params,
        workers,
        tasks,
        work,
        records: runs,
        durationMs: summarise(runs.map(({ durationMs }) => durationMs)),
        throughputPerSecond: summarise(runs.map(({ throughputPerSecond }) => throughputPerSecond)),
        baselineMs: plainMs.length === 0 ? undefined : summarise(plainMs),
      };
    });
}
