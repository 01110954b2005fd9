// What was published of the reference computation on Ray with numpy: another's machines, another's measurements.

/** One published figure. */
export interface PublishedFigure {
  /** Whose machines. */
  readonly machine: string;
  /** Null where it was not said. */
  readonly matrixSize: number | null;
  /** Null where it was not said. */
  readonly totalCount: number | null;
  /** Null for the plain loop. */
  readonly pcNum: number | null;
  /** What it took, in milliseconds. */
  readonly durationMs: number;
}

type Row = readonly [pcNum: number | null, seconds: number];

function figures(
  machine: string,
  matrixSize: number | null,
  totalCount: number | null,
  rows: readonly Row[],
): PublishedFigure[] {
  return rows.map(([pcNum, seconds]) => ({ machine, matrixSize, totalCount, pcNum, durationMs: seconds * 1000 }));
}

const oneMachine = 'Ray, one machine with 14 cores';
const fourMachines = 'Ray, four virtual machines';

/** All that was published, in the order in which it was. */
export const publishedFigures: readonly PublishedFigure[] = [
  ...figures(oneMachine, 10, 30_000_000, [
    [100_000, 46.26],
    [10_000, 30.71],
    [10, 28.08],
    [1, 26.96],
  ]),
  ...figures(oneMachine, 10, 10_000_000, [
    [100_000, 27.68],
    [10_000, 11.31],
    [10, 9.7],
    [1, 9.28],
  ]),
  ...figures(oneMachine, 10, 500_000, [
    [100_000, 17.96],
    [10_000, 2.41],
    [10, 0.75],
    [1, 0.7],
  ]),
  ...figures(fourMachines, 10, 10_000, [
    [1000, 4.48],
    [100, 2.56],
    [10, 2.61],
    [1, 2.36],
  ]),
  ...figures('Ray, one virtual machine', null, null, [
    [100_000, 185.89],
    [100, 45.63],
    [30, 48.51],
    [12, 46.83],
  ]),
  ...figures('Ray, three virtual machines', null, null, [
    [100_000, 171.69],
    [100, 50.97],
    [30, 43.57],
    [12, 49.56],
  ]),
  ...figures('a plain loop on one virtual machine', null, null, [[null, 45.2]]),
];
