// A plot: what it shows, and the ways to draw it.

import { InvalidArgumentError } from '../../errors.ts';
import type { Experiment } from '../experiment.ts';
import type { PictureTheme } from './picture-theme.ts';
import { barPlotOf } from './plot-bars.ts';
import { type PlotData, type PlotKind, plotKinds } from './plot-data.ts';
import { lackOf } from './plot-lack.ts';
import { linePlotOf } from './plot-lines.ts';
import type { PlotSize } from './plot-size.ts';
import type { PlotTextOptions } from './plot-text-options.ts';
import { plottedOf, type Reported, reportedOf } from './plotted.ts';
import { svgOf } from './svg.ts';
import { textBars } from './text-bars.ts';
import { textChart } from './text-chart.ts';
import { pictureCaption } from './vega-lite-lines.ts';
import { vegaLiteSpec } from './vega-lite-spec.ts';

const defaultSize: PlotSize = { width: 640, height: 300 };
const textSizeMax = 1000;
const pictureSizeMax = 10_000;

/** How a plot is drawn as a picture. */
export interface PlotPictureOptions extends Partial<PlotSize>, Partial<PictureTheme> {}

/** A Vega-Lite spec as plain data, such as `vega-embed` and Jupyter take it. */
export interface VegaLiteSpec {
  /** Which version of Vega-Lite it is for. */
  readonly $schema: string;
  /** All else of it. */
  readonly [property: string]: unknown;
}

/**
 * What one or several experiments show of one thing, drawn as text, as a picture, or by whatever reads Vega-Lite.
 *
 * @example
 * ```ts
 * import { connect, sweep, workloads } from 'gridbook';
 *
 * await using session = await connect({ workers: 2 });
 * const experiment = await sweep(session, workloads.markov, { totalCount: 1000, pcNum: [1, 10] }, { repeats: 1 });
 * const plot = experiment.plot('time');
 * console.log(plot.toText({ width: 60, height: 10 }).split('\n')[0]); // prints: Time against pc_num
 * ```
 */
export class Plot {
  /** All that it shows. @internal */
  readonly data: PlotData;

  /** Plots are made by `experiment.plot` and `plotOf`. @internal */
  constructor(data: PlotData) {
    this.data = data;
  }

  /** What it shows. */
  get kind(): PlotKind {
    return this.data.kind;
  }

  /** What it says, for headings. */
  get title(): string {
    return this.data.title;
  }

  /** What the marks of its picture mean. */
  get caption(): string {
    return this.data.type === 'lines' ? pictureCaption(this.data) : this.data.caption;
  }

  /**
   * Draws it with characters.
   *
   * @param options - how much room there is, and which characters and colours.
   * @returns lines, none of them wider than asked, without a final line break.
   * @throws InvalidArgumentError when the room is not a number of characters.
   */
  toText(options: PlotTextOptions = {}): string {
    const { width = 80, height = 20, colour = false, unicode = true } = options;
    const room = {
      width: checkedSize('width', width, textSizeMax),
      height: checkedSize('height', height, textSizeMax),
    };
    const { data } = this;
    return data.type === 'lines'
      ? textChart(data, { ...room, colour, unicode })
      : textBars(data, { ...room, colour, unicode });
  }

  /**
   * Gives it as a Vega-Lite spec, its data inside: what notebooks show, with tooltips.
   *
   * @param options - how large it is, in pixels.
   * @returns the spec.
   * @throws InvalidArgumentError when the size is not a number of pixels.
   */
  toVegaLite(options: Partial<PlotSize> = {}): VegaLiteSpec {
    // A copy of plain data: the types of vega-lite are not a part of ours.
    const spec: VegaLiteSpec = JSON.parse(JSON.stringify(vegaLiteSpec(this.data, checkedPictureSize(options))));
    return spec;
  }

  /**
   * Draws it as a picture, without a browser.
   *
   * @param options - how large it is, in pixels, and the colours of what is written and of what it is on.
   * @returns one `svg` element.
   * @throws InvalidArgumentError when the size is not a number of pixels.
   */
  async toSVG(options: PlotPictureOptions = {}): Promise<string> {
    const { ink = '#1f2328', ground = '#ffffff', font = 'system-ui, sans-serif', ...size } = options;
    return svgOf(vegaLiteSpec(this.data, checkedPictureSize(size)), { ink, ground, font });
  }
}

function checkedPictureSize({ width = defaultSize.width, height = defaultSize.height }: Partial<PlotSize>): PlotSize {
  return {
    width: checkedSize('width', width, pictureSizeMax),
    height: checkedSize('height', height, pictureSizeMax),
  };
}

function checkedSize(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value > 0 && value <= max) return value;
  throw new InvalidArgumentError(`The ${name} of a plot is a whole number from 1 to ${max}, not ${value}`);
}

/**
 * What an experiment shows of one thing; of several experiments, laid over each other.
 *
 * @param experiments - one, or several to compare.
 * @param kind - what is shown: `time`, `throughput`, `efficiency`, `speedup`, `latency` or `breakdown`.
 * @returns the plot; series are called by what differs between the points, and by their experiment.
 * @throws InvalidArgumentError when there is no such kind, or the runs lack what it shows.
 * @example
 * ```ts
 * import { connect, plotOf, sweep, workloads } from 'gridbook';
 *
 * await using session = await connect({ workers: 2 });
 * const grid = { totalCount: 1000, pcNum: [1, 10] };
 * const small = await sweep(session, workloads.markov, { ...grid, matrixSize: 4 }, { repeats: 1, name: 'small' });
 * const large = await sweep(session, workloads.markov, { ...grid, matrixSize: 64 }, { repeats: 1, name: 'large' });
 * console.log(plotOf([small, large], 'time').toText().split('\n')[0]); // prints: Time against pc_num
 * ```
 */
export function plotOf(experiments: Experiment | readonly Experiment[], kind: PlotKind): Plot {
  return plotOfReported([experiments].flat().map(reportedOf), kind);
}

/** The same of what reports have at hand. */
export function plotOfReported(experiments: readonly Reported[], kind: PlotKind): Plot {
  if (experiments.length === 0) throw new InvalidArgumentError('Cannot plot no experiments: give at least one');
  if (!plotKinds.includes(kind)) {
    throw new InvalidArgumentError(`A plot is one of ${plotKinds.join(', ')}, not "${String(kind)}"`);
  }
  const lack = lackOf(
    experiments.flatMap(({ points }) => points),
    kind,
  );
  if (lack !== undefined) throw new InvalidArgumentError(`Cannot plot ${kind}: ${lack}`);
  const plotted = plottedOf(experiments);
  return new Plot(kind === 'breakdown' ? barPlotOf(plotted) : linePlotOf(plotted, kind));
}
