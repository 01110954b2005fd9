// The plot of a comparison: time against pc_num, a line a peer, for one matrix size and total count.

import type { CurvePoint, LinePlotData, PlotReference, PlotSeries } from '../report/plot-data.ts';
import { hasFarIntervals } from '../report/plot-scales.ts';
import { formatCount } from '../report/quantities.ts';
import type { ComparedPeer, PeerComparison, PeerRow } from './peer-comparison.ts';

/** All plots of a comparison: one for each matrix size and total count that has runs. */
export function peerPlotsOf(comparison: Pick<PeerComparison, 'rows' | 'published' | 'data'>): LinePlotData[] {
  const { rows, published, data } = comparison;
  const groups = Map.groupBy(rows, ({ matrixSize, totalCount }) => `${matrixSize} ${totalCount}`);
  return [...groups.values()].map((group): LinePlotData => {
    const { matrixSize, totalCount } = group[0]!;
    const figures = published.filter((f) => f.matrixSize === matrixSize && f.totalCount === totalCount);
    const machines = Map.groupBy(figures, ({ machine }) => `published: ${machine}`);
    const asPoint = ({ pcNum, durationMs }: (typeof figures)[number]): CurvePoint => ({ x: pcNum ?? 1, y: durationMs });
    const others = [...machines].map(([label, of]): PlotReference => ({ label, points: ordered(of.map(asPoint)) }));
    const series = data.peers.flatMap((peer) => seriesOf(peer, group));
    const notes = [
      ...(hasFarIntervals(series) ? [', cut off at the frame'] : []),
      ...(others.length > 0 ? ['; published figures are of other machines'] : []),
    ];
    return {
      type: 'lines',
      kind: 'time',
      title: `n = ${matrixSize}, total ${formatCount(totalCount)}: time against pc_num`,
      caption: `Points: medians, with their 95 % intervals${notes.join('')}`,
      x: { title: 'pc_num', kind: 'log', quantity: 'count', names: [] },
      y: { title: 'time', kind: 'log', quantity: 'duration', names: [] },
      series,
      references: others,
    };
  });
}

function ordered<P extends CurvePoint>(points: readonly P[]): P[] {
  return points.toSorted((a, b) => a.x - b.x);
}

/** Also of a plain loop, which takes the same time at every pc_num: it was measured as all others were. */
function seriesOf({ name }: ComparedPeer, rows: readonly PeerRow[]): PlotSeries[] {
  const points = rows
    .filter(({ peer }) => peer === name)
    .map(({ pcNum, durationMs: { median, interval, count, isNoisy } }) => ({
      x: pcNum,
      y: median,
      low: interval[0],
      high: interval[1],
      between: undefined,
      runs: count,
      warning: isNoisy ? 'the runs scatter too much to conclude' : '',
    }));
  return points.length === 0 ? [] : [{ label: name, points: ordered(points), curve: [], recommended: undefined }];
}
