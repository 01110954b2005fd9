// What peers took for the same computation, side by side.

import type { Machine } from '../experiment.ts';
import { checkTableWidth, type TableOptions } from '../report/experiment-table.ts';
import { fittingTable } from '../report/fitting-table.ts';
import { Plot } from '../report/plot.ts';
import { wrapped } from '../report/text-legend.ts';
import { type Ratio, ratioOf, type Summary, summarise } from '../statistics.ts';
import type { MissingPeer, PeerName } from './peer.ts';
import { peerHtml } from './peer-html.ts';
import { peerPlotsOf } from './peer-plot.ts';
import { peerAbsences, peerFilledColumns, peerNotes } from './peer-table.ts';
import { type PublishedFigure, publishedFigures } from './published.ts';

/** A peer that was measured. */
export interface ComparedPeer {
  /** Which one. */
  readonly name: PeerName;
  /** How it does the computation. */
  readonly summary: string;
  /** What it is made of, with versions. */
  readonly madeOf: string;
  /** How many parts it computes at once. */
  readonly workers: number;
  /** Whether it splits the work; a plain loop takes the same time at every pcNum. */
  readonly isSplit: boolean;
}

/** One run of one peer. */
export interface PeerRun {
  /** Which one. */
  readonly peer: PeerName;
  /** Number of states. */
  readonly matrixSize: number;
  /** How many matrices were multiplied together. */
  readonly totalCount: number;
  /** Null for a peer that does not split the work. */
  readonly pcNum: number | null;
  /** Which run of the same point, from 1. */
  readonly repeat: number;
  /** How many parts it computed at once. */
  readonly workers: number;
  /** Which code multiplied. */
  readonly kernel: string;
  /** As ISO 8601. */
  readonly startedAt: string;
  /** What it took, in milliseconds. */
  readonly durationMs: number;
  /** Multiplications per second. */
  readonly throughputPerSecond: number;
}

/** A point that a peer did not compute, or not right. */
export interface PeerFailure {
  /** Which one. */
  readonly peer: PeerName;
  /** Null where the peer was left out altogether. */
  readonly matrixSize: number | null;
  /** Null where the peer was left out altogether. */
  readonly totalCount: number | null;
  /** Null for a peer that does not split the work, or that was left out altogether. */
  readonly pcNum: number | null;
  /** What it said. */
  readonly message: string;
}

/** All that is kept of a comparison. */
export interface PeerComparisonData {
  /** What was computed. */
  readonly workload: 'markov';
  /** Where it was measured. */
  readonly machine: Machine;
  /** As ISO 8601. */
  readonly startedAt: string;
  /** As ISO 8601; null when it was interrupted. */
  readonly endedAt: string | null;
  /** Numbers of states. */
  readonly matrixSizes: readonly number[];
  /** How many matrices were multiplied together. */
  readonly totalCounts: readonly number[];
  /** Into how many parts that was split. */
  readonly pcNums: readonly number[];
  /** Where the random matrices came from; null for the user's own. */
  readonly seed: number | null;
  /** How often each point was measured, at most. */
  readonly repeats: number;
  /** How long a peer could repeat one point, in milliseconds; each was measured twice at least, where `repeats` allowed it. */
  readonly pointBudgetMs: number;
  /** Who was measured. */
  readonly peers: readonly ComparedPeer[];
  /** What was asked for and is not on the machine. */
  readonly missing: readonly MissingPeer[];
  /** In the order in which they were made. */
  readonly runs: readonly PeerRun[];
  /** What was not computed, or not right. */
  readonly failures: readonly PeerFailure[];
}

/** A comparison as JSON has it. */
export interface PeerComparisonJson extends PeerComparisonData {
  /** What the runs came to. */
  readonly rows: readonly PeerRow[];
  /** All figures that others published, of whatever points. */
  readonly published: readonly PublishedFigure[];
}

/** What the runs of one peer at one point came to. */
export interface PeerRow {
  /** Which one. */
  readonly peer: PeerName;
  /** Number of states. */
  readonly matrixSize: number;
  /** How many matrices were multiplied together. */
  readonly totalCount: number;
  /** Into how many parts the work was split; a peer that does not split it has the same times at all of them. */
  readonly pcNum: number;
  /** Milliseconds. */
  readonly durationMs: Summary;
  /** Multiplications per second, at the median. */
  readonly throughputPerSecond: number;
  /** How many times as long as `gridbook` it took; undefined for `gridbook`, and where that has no run. */
  readonly timesGridbook: Ratio | undefined;
}

/**
 * What peers took for the same computation, side by side. Made by `compareWith`.
 *
 * @example
 * ```ts
 * import { compareWith, connect } from 'gridbook';
 *
 * await using session = await connect({ workers: 2 });
 * const comparison = await compareWith(session, { matrixSize: 4, totalCount: 1000, pcNum: [1, 10] }, { repeats: 2 });
 * console.log(comparison.plots[0]?.title); // prints: n = 4, total 1,000: time against pc_num
 * console.log(comparison.data.runs.length); // prints: 6
 * ```
 */
export class PeerComparison {
  /** All that is kept of it. */
  readonly data: PeerComparisonData;

  /** Comparisons are made by `compareWith`. @internal */
  constructor(data: PeerComparisonData) {
    this.data = data;
  }

  /** One row a peer and point, point by point. */
  get rows(): readonly PeerRow[] {
    const { matrixSizes, totalCounts, pcNums, peers, runs } = this.data;
    const byPlace = Map.groupBy(runs, ({ peer, ...run }) => placeOf(peer, run.matrixSize, run.totalCount, run.pcNum));
    const timesOf = ({ name, isSplit }: Pick<ComparedPeer, 'name' | 'isSplit'>, n: number, total: number, pc: number) =>
      (byPlace.get(placeOf(name, n, total, isSplit ? pc : null)) ?? []).map(({ durationMs }) => durationMs);
    const rows: PeerRow[] = [];
    for (const matrixSize of matrixSizes) {
      for (const totalCount of totalCounts) {
        for (const pcNum of pcNums) {
          const ours = timesOf({ name: 'gridbook', isSplit: true }, matrixSize, totalCount, pcNum);
          for (const peer of peers) {
            const times = timesOf(peer, matrixSize, totalCount, pcNum);
            if (times.length === 0) continue;
            const durationMs = summarise(times);
            rows.push({
              peer: peer.name,
              matrixSize,
              totalCount,
              pcNum,
              durationMs,
              throughputPerSecond: ((totalCount - 1) / durationMs.median) * 1000,
              timesGridbook:
                peer.name === 'gridbook' || ours.length === 0 ? undefined : ratioOf(durationMs, summarise(ours)),
            });
          }
        }
      }
    }
    return rows;
  }

  /** What was published of the same points. It was measured on other machines. */
  get published(): readonly PublishedFigure[] {
    const { matrixSizes, totalCounts, pcNums } = this.data;
    return publishedFigures.filter(
      ({ matrixSize, totalCount, pcNum }) =>
        matrixSize !== null &&
        totalCount !== null &&
        pcNum !== null &&
        matrixSizes.includes(matrixSize) &&
        totalCounts.includes(totalCount) &&
        pcNums.includes(pcNum),
    );
  }

  /** Time against pcNum, one plot for each matrix size and total count; published figures are marked as such. */
  get plots(): readonly Plot[] {
    return peerPlotsOf(this).map((data) => new Plot(data));
  }

  /** What was not measured, and why, a sentence each. */
  get absences(): readonly string[] {
    return peerAbsences(this);
  }

  /**
   * All times, and what the peers were, as a table for a terminal.
   *
   * @param options - how wide it may be, and whether headings are set off.
   * @returns lines without a final line break.
   * @throws InvalidArgumentError when the width is not a number of characters.
   */
  table({ width, styled = false }: TableOptions = {}): string {
    checkTableWidth(width);
    const { lines, leftOut } = fittingTable(peerFilledColumns(this), { width, styled });
    const notes = [...leftOut, ...peerNotes(this), ...this.absences];
    const below = width === undefined ? notes : notes.flatMap((note) => wrapped(note, width));
    return [...(this.data.runs.length === 0 ? [] : [...lines, '']), ...below].join('\n');
  }

  /**
   * All of it as one page that needs nothing but itself.
   *
   * @returns the page.
   */
  toHTML(): Promise<string> {
    return peerHtml(this);
  }

  /**
   * All that is kept, what it came to, and all published figures, as JSON.
   *
   * @returns the text of one object.
   */
  toJSON(): PeerComparisonJson {
    return { ...this.data, rows: this.rows, published: publishedFigures };
  }

  /**
   * The runs as comma-separated values with a heading.
   *
   * @returns one line a run; nothing stands for what is not there.
   */
  toCSV(): string {
    const lines = this.data.runs.map((run) => csvColumns.map((column) => run[column] ?? '').join(','));
    return `${[csvColumns.join(','), ...lines].join('\n')}\n`;
  }
}

const csvColumns = [
  'peer',
  'matrixSize',
  'totalCount',
  'pcNum',
  'repeat',
  'workers',
  'kernel',
  'startedAt',
  'durationMs',
  'throughputPerSecond',
] as const;

function placeOf(peer: string, matrixSize: number, totalCount: number, pcNum: number | null): string {
  return [peer, matrixSize, totalCount, pcNum].join(' ');
}
