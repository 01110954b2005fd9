// From experiments to bars of where the time of their tasks went.

import { type Stage, stages } from '../../timings.ts';
import type { Point } from '../point.ts';
import { parameterName, plainText, shortValueText, valueAt, varyingParameters } from './parameter-names.ts';
import type { BarPlotData, PlotBar } from './plot-data.ts';
import type { Plotted } from './plotted.ts';
import { shortened } from './series-label.ts';

/** More bars than this say nothing together. */
const barsMax = 40;

const labelLengthMax = 60;

/** What the stages are called where there is more room than in code. */
export const stageNames: Readonly<Record<Stage, string>> = {
  encode: 'encode',
  waitInSession: 'wait in session',
  travel: 'travel',
  waitOnWorker: 'wait on worker',
  run: 'run',
  return: 'return',
  settle: 'settle',
};

/** Where the time of the average task of each point went. Some task must have been timed. */
export function barPlotOf(plotted: readonly Plotted[]): BarPlotData {
  const varying = varyingParameters(plotted.flatMap(({ points }) => points));
  const all = plotted.flatMap(({ name, points }) =>
    points.map((point) => {
      const values = varying.map((parameter) => shortValueText(valueAt(point, parameter)));
      // What differs most quickly comes last; the names stand above all bars once.
      const label = [...(plotted.length > 1 ? [plainText(name)] : []), ...values].join(' · ');
      return barOf(point, shortened(label, labelLengthMax));
    }),
  );
  const timed = all.filter(({ totalMs }) => totalMs > 0);
  const bars =
    timed.length <= barsMax ? timed : Array.from({ length: barsMax }, (_, i) => timed[pickedPlace(i, timed.length)]!);
  const leftOut = bars.length < timed.length ? `; ${bars.length} of ${timed.length} points` : '';
  const by = [...(plotted.length > 1 ? ['experiment'] : []), ...varying.map(parameterName)].join(' · ');
  return {
    type: 'bars',
    kind: 'breakdown',
    title: `Where the time of a task went${by === '' ? '' : `, by ${by}`}`,
    caption: `Shares of the average task's time, from its call to its settled result${leftOut}`,
    bars,
  };
}

/** Spread evenly over all, both ends included. */
function pickedPlace(i: number, of: number): number {
  return Math.round((i * (of - 1)) / (barsMax - 1));
}

function barOf({ records }: Point, label: string): PlotBar {
  const mean = (stage: Stage): number =>
    records.reduce((sum, { breakdownMs }) => sum + Math.max(0, breakdownMs[stage]), 0) / records.length;
  const parts: Readonly<Record<Stage, number>> = {
    encode: mean('encode'),
    waitInSession: mean('waitInSession'),
    travel: mean('travel'),
    waitOnWorker: mean('waitOnWorker'),
    run: mean('run'),
    return: mean('return'),
    settle: mean('settle'),
  };
  return { label, parts, totalMs: stages.reduce((sum, stage) => sum + parts[stage], 0) };
}
