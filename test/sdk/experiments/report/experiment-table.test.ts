// Tests of the table of an experiment.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { Experiment } from '../../../../sdk/experiments/experiment.ts';
import { experimentTable } from '../../../../sdk/experiments/report/experiment-table.ts';
import type { Reported } from '../../../../sdk/experiments/report/plotted.ts';
import { formatDuration } from '../../../../sdk/experiments/report/quantities.ts';
import { farIntervals, syntheticData, syntheticExperiment } from './synthetic-experiment.ts';

/** The headings of a table. */
function headingsOf(table: string): string[] {
  return (table.split('\n')[2] ?? '').trim().split(/ {2,}/);
}

/** Points whose first is marked. */
function marked(marks: { outliers: readonly number[]; isNoisy: boolean }): Reported {
  const { data, points } = syntheticExperiment();
  const [first, ...others] = points;
  const calm = others.map((point) => ({
    ...point,
    durationMs: { ...point.durationMs, outliers: [], isNoisy: false },
  }));
  return { data, models: [], points: [{ ...first!, durationMs: { ...first!.durationMs, ...marks } }, ...calm] };
}

describe('Experiment.table()', () => {
  test('says once what does not vary, and has one line a point', () => {
    const table = syntheticExperiment().table();
    assert.match(table, /^markov: matrix size 10, total count 10,000,000, seed 1, 2 workers; found: converged\n\n/);
    assert.deepEqual(headingsOf(table), [
      'pc_num',
      'time ± 95 %',
      'multiplications/s',
      'plain loop',
      'speed-up',
      'efficiency',
      'latency p50',
      'p99',
      'CPU',
      'memory',
    ]);
    const rows = table.split('\n').filter((line) => /^ +[\d,]+ +[\d.]+ ± /.test(line));
    assert.deepEqual(
      rows.map((row) => row.trim().split(/ {2,}/)[0]),
      ['1', '10', '100', '1,000', '10,000', '100,000'].filter((_, i) => i < rows.length),
    );
    assert.match(table, /Example 3000, 8 cores, 16\.0 GB, linux x64 6\.1\.0, Node 24\.21\.0$/);
  });

  test('has what varies, also the workers', () => {
    const table = syntheticExperiment({ totalCount: [1000, 2000], workers: [1, 2] }).table();
    assert.deepEqual(headingsOf(table).slice(0, 3), ['total count', 'pc_num', 'workers']);
  });

  test('leaves out speed-up and efficiency where there is no baseline, and the interval of single runs', () => {
    const table = syntheticExperiment({ hasBaseline: false, repeats: 1 }).table();
    assert.deepEqual(headingsOf(table).slice(0, 4), ['pc_num', 'time', 'multiplications/s', 'latency p50']);
    assert.match(table, /\nFastest in 100 tasks; 100,000 take 2\.94 times as long\. With 3 runs a point/);
  });

  test('marks outliers and noise, and says what the marks mean', () => {
    const table = experimentTable(marked({ outliers: [2], isNoisy: true }));
    assert.match(table, /\n +1 +[\d.]+ ± [\d.]+ m?s\*~ /);
    assert.match(
      table,
      /\n\* 1 run is an outlier among those of the same point, by the modified z-score; kept all the same\n/,
    );
    assert.match(table, /\n~ the runs scatter too much to conclude from them\n/);
    assert.match(table, /too noisy to conclude from 1 of 6 points/);
    assert.doesNotMatch(experimentTable(marked({ outliers: [], isNoisy: false })), /outlier|scatter|noisy/);
  });

  test('is never wider than asked, and names the columns that it leaves out', () => {
    const experiment = syntheticExperiment({ totalCount: [1000, 2000], workers: [1, 2] });
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 200 }), fc.boolean(), (width, styled) => {
        const table = experiment.table({ width, styled });
        const plain = stripVTControlCharacters(table);
        assert.equal(plain !== table, styled);
        for (const line of plain.split('\n')) assert.ok(line.length <= width, line);
      }),
      { numRuns: 40 },
    );
    assert.match(experiment.table({ width: 80 }), /left out for want of room: .*memory/);
    assert.throws(() => experiment.table({ width: 3 }), /The width of a table is a whole number from 20 on, not 3/);
  });

  test('keeps medians whole where there is no room for their intervals', () => {
    const experiment = farIntervals();
    assert.match(experiment.table({ width: 60 }), / 1 +[\d.]+ s \([\d.]+ µs to \d+ s\)/);
    for (const width of [20, 27, 34]) {
      const table = experiment.table({ width });
      const [heading, ...rows] = table.split('\n\n')[1]!.split('\n');
      assert.match(heading ?? '', /^pc_num +time( |$)/);
      const medians = experiment.points.map(({ durationMs }) => formatDuration(durationMs.median));
      assert.equal(rows.length, medians.length);
      for (const [i, row] of rows.entries()) assert.ok(row.includes(`  ${medians[i]}`) && !row.includes('…'), table);
      assert.match(table.replaceAll('\n', ' '), /left out for want of room: 95 % intervals, /);
    }
  });

  test('marks points whose runs lost workers, and says how many and how much was made again', () => {
    const data = syntheticData({ repeats: 3 });
    const records = data.records.map((record) =>
      record.params['pcNum'] === 10 && record.repeat < 3 ? { ...record, workersLost: 2, failures: 7 } : record,
    );
    const table = new Experiment({ ...data, records }).table();
    assert.match(table, /^ +10 .* ms! {2}/m);
    assert.doesNotMatch(table, /^ +100 .*!/m);
    assert.match(table, /^! 2 runs lost workers on the way; kept all the same$/m);
    assert.match(table, /^Warning: Workers were lost .*: pc_num 10: 4 in 2 of 3 runs, 14 tasks made again\.$/m);
    assert.doesNotMatch(new Experiment(data).table(), /lost/);
  });

  test('tells of failed runs, an end that is missing, and of no runs at all', () => {
    const data = syntheticData();
    const { params } = data.records[0]!;
    const failed = (pcNum: number, repeat: number, message: string) => {
      return { params: { ...params, pcNum }, workers: 2, repeat, message };
    };
    const failures = [1, 2, 3, 4, 5].map((repeat) => failed(7, repeat, 'worker\u001b[31m died'));
    failures.push(failed(10, 1, 'worker\u001b[31m died'), failed(10, 2, 'no beads'));
    const table = new Experiment({ ...data, endedAt: null, failures }).table();
    assert.match(table, /Warning: The experiment did not end/);
    assert.match(
      table,
      /^Warning: 7 of 37 runs failed: worker \[31m died \(5 at pc_num 7; 1 at pc_num 10\); no beads \(1 at pc_num 10\)$/m,
    );
    assert.match(table, /^Warning: All runs of 1 point failed, which the table lacks: pc_num 7$/m);
    const single = { ...data, records: data.records.slice(0, 1), failures: [failed(1, 2, 'no beads')] };
    assert.match(new Experiment(single).table(), /^Warning: 1 of 2 runs failed: no beads$/m);
    assert.match(new Experiment({ ...data, records: [] }).table(), /^markov: no runs\n/);
  });
});
