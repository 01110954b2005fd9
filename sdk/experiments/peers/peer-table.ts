// A comparison as a table, and what is to be said beside it, whatever shows them.

import type { FilledColumn } from '../report/fitting-table.ts';
import { formatCount, formatDuration, formatRate, formatRatio } from '../report/quantities.ts';
import type { TextColumn } from '../report/text-table.ts';
import type { PeerComparison, PeerRow } from './peer-comparison.ts';
import type { PublishedFigure } from './published.ts';

/** The columns of the table. */
export const peerColumns: readonly TextColumn[] = [
  { heading: 'n', align: 'right' },
  { heading: 'total count', align: 'right' },
  { heading: 'pc_num', align: 'right' },
  { heading: 'peer', align: 'left' },
  { heading: 'time', align: 'right' },
  { heading: '95 % interval', align: 'right' },
  { heading: 'runs', align: 'right' },
  { heading: 'multiplications', align: 'right' },
  { heading: 'times gridbook', align: 'right' },
  { heading: '95 % interval', align: 'right' },
];

/** Of the columns, where there is no room for all: those with the highest go first. */
const dispensabilities = [3, 2, 0, 0, 0, 5, 6, 7, 1, 4];

/** Marks what was not measured here. */
const published = '*';

/** The cells of the table: point by point, a line a peer, what was published of the same point below. */
export function peerCells(comparison: Pick<PeerComparison, 'rows' | 'published'>): string[][] {
  const { rows, published: figures } = comparison;
  const placeOf = (at: Pick<PublishedFigure, 'matrixSize' | 'totalCount' | 'pcNum'>): string =>
    [at.matrixSize, at.totalCount, at.pcNum].join();
  return [...Map.groupBy(rows, placeOf)].flatMap(([place, of]) => [
    ...of.map((row, i) => measuredCells(row, i === 0)),
    ...figures.filter((figure) => placeOf(figure) === place).map(publishedCells),
  ]);
}

/** The columns with their cells. What is the same in all lines can be spared, then what the times say anyway. */
export function peerFilledColumns(comparison: Pick<PeerComparison, 'rows' | 'published' | 'data'>): FilledColumn[] {
  const cells = peerCells(comparison);
  const { matrixSizes, totalCounts } = comparison.data;
  const isVaried = [matrixSizes.length > 1, totalCounts.length > 1];
  return peerColumns.map((column, i) => ({
    ...column,
    cells: cells.map((row) => row[i]!),
    dispensability: isVaried[i] === true ? 0 : dispensabilities[i]!,
  }));
}

function measuredCells(row: PeerRow, isFirst: boolean): string[] {
  const { durationMs, throughputPerSecond, timesGridbook } = row;
  const isSure = durationMs.coverage > 0;
  return [
    ...(isFirst ? [String(row.matrixSize), formatCount(row.totalCount), formatCount(row.pcNum)] : ['', '', '']),
    row.peer,
    formatDuration(durationMs.median),
    isSure ? durationMs.interval.map(formatDuration).join(' .. ') : 'one run only',
    String(durationMs.count),
    formatRate(throughputPerSecond),
    timesGridbook === undefined ? '' : formatRatio(timesGridbook.value),
    timesGridbook === undefined || timesGridbook.coverage === 0
      ? ''
      : timesGridbook.interval.map(formatRatio).join(' .. '),
  ];
}

function publishedCells({ machine, durationMs, totalCount }: PublishedFigure): string[] {
  const rate = totalCount === null ? '' : formatRate((totalCount / durationMs) * 1000);
  return ['', '', '', `${published} ${machine}`, formatDuration(durationMs), '', '', rate, '', ''];
}

/** What the peers were, and where. */
export function peerNotes({ data, rows, published: figures }: PeerComparison): string[] {
  const { processor, cores, system } = data.machine;
  const workers = (count: number): string => (count === 1 ? '1 worker' : `${formatCount(count)} workers`);
  return [
    ...(rows.length > 0 && figures.length > 0
      ? [`${published} published by others, who measured it on their machines: it says nothing of this one`]
      : []),
    ...data.peers.map((peer) => `${peer.name}: ${peer.summary}; ${workers(peer.workers)}; ${peer.madeOf}`),
    `${processor}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${system}`,
  ];
}

/** What was not measured, and why; what failed is said once for all the points that it failed at. */
export function peerAbsences({ data: { missing, failures, endedAt } }: Pick<PeerComparison, 'data'>): string[] {
  const absent = missing.map(({ peer, why, install }) => `${peer} was not measured: ${why}. To have it: ${install}`);
  const failed = [...Map.groupBy(failures, ({ peer, message }) => `${peer} failed: ${message}`)].map(([text, of]) => {
    const points = of.flatMap(({ totalCount, pcNum }) =>
      totalCount === null
        ? []
        : [`total ${formatCount(totalCount)}${pcNum === null ? '' : `, pc_num ${formatCount(pcNum)}`}`],
    );
    return points.length === 0 ? text : `${text} (${points.join('; ')})`;
  });
  const cut = endedAt === null ? ['Interrupted: not everything was measured as often as asked'] : [];
  return [...absent, ...failed, ...cut];
}
