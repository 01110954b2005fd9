// What a comparison says of its runs: rows, ratios, published figures, tables and plots.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { thisMachine } from '../../../../sdk/experiments/experiment.ts';
import {
  type ComparedPeer,
  PeerComparison,
  type PeerComparisonData,
  type PeerRun,
} from '../../../../sdk/experiments/peers/peer-comparison.ts';

const peer = (name: ComparedPeer['name'], isSplit: boolean): ComparedPeer => ({
  name,
  summary: 'made up',
  madeOf: 'nothing',
  workers: 2,
  isSplit,
});

function runsOf(
  name: PeerRun['peer'],
  pcNum: number | null,
  times: readonly number[],
  totalCount = 500_000,
): PeerRun[] {
  return times.map((durationMs, i) => ({
    peer: name,
    matrixSize: 10,
    totalCount,
    pcNum,
    repeat: i + 1,
    workers: 2,
    kernel: 'wasm',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs,
    throughputPerSecond: ((totalCount - 1) / durationMs) * 1000,
  }));
}

function comparisonOf(more: Partial<PeerComparisonData>): PeerComparison {
  return new PeerComparison({
    workload: 'markov',
    machine: thisMachine(),
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:01:00.000Z',
    matrixSizes: [10],
    totalCounts: [500_000],
    pcNums: [1, 10],
    seed: 1,
    repeats: 3,
    pointBudgetMs: 1000,
    peers: [peer('gridbook', true), peer('numpy', false), peer('ray-actor', true)],
    missing: [],
    runs: [
      ...runsOf('gridbook', 1, [10, 11, 12]),
      ...runsOf('gridbook', 10, [5, 5, 5]),
      ...runsOf('numpy', null, [100, 110, 120]),
      ...runsOf('ray-actor', 10, [400]),
    ],
    failures: [],
    ...more,
  });
}

describe('PeerComparison', () => {
  test('rows give each peer’s median and its ratio to gridbook, a plain loop’s at every split', () => {
    const { rows } = comparisonOf({});
    assert.deepEqual(
      rows.map((row) => [row.pcNum, row.peer, row.durationMs.median, row.durationMs.count, row.timesGridbook?.value]),
      [
        [1, 'gridbook', 11, 3, undefined],
        [1, 'numpy', 110, 3, 10],
        [10, 'gridbook', 5, 3, undefined],
        [10, 'numpy', 110, 3, 22],
        [10, 'ray-actor', 400, 1, 80],
      ],
    );
    const [low, high] = rows[1]!.timesGridbook!.interval;
    assert.ok(low < 10 && high > 10);
    assert.ok(Math.abs(rows[0]!.throughputPerSecond - 499_999 / 0.011) < 1e-6);
  });

  test('without a run of gridbook there is no ratio', () => {
    const { rows } = comparisonOf({ runs: runsOf('numpy', null, [100]) });
    assert.deepEqual(
      rows.map(({ timesGridbook }) => timesGridbook),
      [undefined, undefined],
    );
  });

  test('the table says where there is one run only, and names what was published elsewhere', () => {
    const lines = comparisonOf({}).table().split('\n');
    assert.match(
      lines.find((line) => line.includes(' ray-actor ')) ?? '',
      / 400 ms +one run only +1 +1\.25 M\/s +80\.0x$/,
    );
    assert.match(lines.join('\n'), /\* Ray, one machine with 14 cores +700 ms +714 k\/s$/m);
    const other = comparisonOf({ runs: runsOf('gridbook', 1, [1], 77), totalCounts: [77] }).table();
    assert.ok(!other.includes('14 cores'));
  });

  test('the table is no wider than asked, and names what it leaves out', () => {
    const comparison = comparisonOf({});
    for (const width of [20, 40, 70, 100]) {
      const lines = comparison.table({ width }).split('\n');
      for (const line of lines) assert.ok(line.length <= width, `${line.length} of ${width}: ${line}`);
    }
    const text = comparison.table({ width: 70 });
    assert.match(text, /^pc_num +peer +time .*times gridbook/m);
    assert.match(
      text.replaceAll('\n', ' '),
      /left out for want of room: n, total count, 95 % interval, runs, multiplications/,
    );
    assert.throws(() => comparison.table({ width: 5 }), { name: 'InvalidArgumentError', message: /from 20 on, not 5/ });
  });

  test('says a failure once for all its points', () => {
    const failure = { peer: 'numpy' as const, matrixSize: 10, message: 'no room' };
    const { absences } = comparisonOf({
      endedAt: null,
      failures: [
        { ...failure, totalCount: 1000, pcNum: 1 },
        { ...failure, totalCount: 2000, pcNum: null },
      ],
    });
    assert.deepEqual(absences, [
      'numpy failed: no room (total 1,000, pc_num 1; total 2,000)',
      'Interrupted: not everything was measured as often as asked',
    ]);
  });

  test('plots a line a peer, also of a plain loop, and what was published as lines to compare with', () => {
    const { plots } = comparisonOf({});
    assert.equal(plots.length, 1);
    const { data } = plots[0]!;
    assert.ok(data.type === 'lines');
    assert.deepEqual(
      data.series.map(({ label, points }) => [label, points.map(({ x, y }) => [x, y])]),
      [
        [
          'gridbook',
          [
            [1, 11],
            [10, 5],
          ],
        ],
        [
          'numpy',
          [
            [1, 110],
            [10, 110],
          ],
        ],
        ['ray-actor', [[10, 400]]],
      ],
    );
    assert.deepEqual(
      data.references.map(({ label, points }) => [label, points.map(({ y }) => y)]),
      [['published: Ray, one machine with 14 cores', [700, 750]]],
    );
  });

  test('CSV leaves a cell empty where there is nothing, and JSON holds all published figures', () => {
    const comparison = comparisonOf({});
    const [head, ...lines] = comparison.toCSV().trimEnd().split('\n');
    assert.equal(lines.length, 10);
    assert.ok(lines.every((line) => line.split(',').length === head?.split(',').length));
    assert.match(lines[6] ?? '', /^numpy,10,500000,,1,2,wasm,/);
    const json: { published: unknown[]; runs: unknown[]; rows: unknown[] } = JSON.parse(JSON.stringify(comparison));
    assert.deepEqual([json.published.length, json.runs.length, json.rows.length], [25, 10, 5]);
  });
});
