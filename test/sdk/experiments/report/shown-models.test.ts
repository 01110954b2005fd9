// Tests of how models are shown: in plots, tables and reports.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { experimentJsonOf } from '../../../../sdk/experiments/report/experiment-json.ts';
import { experimentTable } from '../../../../sdk/experiments/report/experiment-table.ts';
import { experimentHtml } from '../../../../sdk/experiments/report/html-report.ts';
import { experimentMarkdown } from '../../../../sdk/experiments/report/markdown.ts';
import { plotOfReported } from '../../../../sdk/experiments/report/plot.ts';
import { reportPlots } from '../../../../sdk/experiments/report/report-plots.ts';
import { lawMs } from './synthetic-experiment.ts';
import { syntheticReported } from './synthetic-models.ts';

const one = syntheticReported();
const two = syntheticReported({ totalCount: [500_000, 10_000_000] });

describe('a model in a plot', () => {
  test('is a curve over whole numbers of tasks, in what the plot shows', () => {
    const { data } = plotOfReported([one], 'throughput');
    assert.equal(data.type, 'lines');
    const curve = data.type === 'lines' ? (data.series[0]?.curve ?? []) : [];
    assert.ok(curve.length > 20);
    for (const { x, y } of curve) {
      assert.ok(Number.isInteger(x));
      assert.ok(Math.abs(y - (10_000_000 / lawMs(10_000_000, x, 2)) * 1000) < 1e-3);
    }
    assert.deepEqual([curve[0]?.x, curve.at(-1)?.x], [1, 100_000]);
  });

  test('belongs to the series with the same points', () => {
    const { data } = plotOfReported([two], 'time');
    const curves = data.type === 'lines' ? data.series.map(({ curve }) => curve[0]?.y) : [];
    assert.deepEqual(curves, [lawMs(500_000, 1, 2), lawMs(10_000_000, 1, 2)]);
  });

  test('says what is recommended: behind one series, at the foot of several, never of latencies', () => {
    const band = JSON.stringify(plotOfReported([one], 'time').toVegaLite());
    assert.match(band, /"values":\[\{"x":10,"to":1000\}\]\},"mark":\{"type":"rect"/);
    assert.match(band, /strokeDash":\[6,4\]/);
    const feet = JSON.stringify(plotOfReported([two], 'time').toVegaLite());
    assert.equal(feet.split('"values":[{"x":10,"to":1000}]},"mark":{"type":"rule"').length, 3);
    const latency = JSON.stringify(plotOfReported([one], 'latency').toVegaLite());
    assert.doesNotMatch(latency, /"to":1000|strokeDash":\[6,4\]/);
  });

  test('is drawn as text, too', () => {
    const text = plotOfReported([one], 'time').toText({ width: 60 });
    assert.match(text, /\n +▔{20,}\n/);
    assert.match(text, /· model {3}▔ recommended/);
    const plain = plotOfReported([two], 'time').toText({ width: 60, unicode: false });
    assert.match(plain, /\no +\^+\n# +\^+\n/);
  });
});

describe('a model in a report', () => {
  test('is up front with what it recommends, and below with its estimates', async () => {
    const page = await experimentHtml(one);
    assert.match(
      page,
      /<p class="what">Recommended pc_num<\/p><p class="value">10 to 1,000<\/p><p>Choose pc_num 100\.<\/p>/,
    );
    assert.match(page, /overhead a task <code>c<\/code><\/td><td>20\.0 µs<\/td><td>19\.0 µs to 21\.0 µs<\/td>/);
    assert.match(page, /<code>T\(p\) = W \/ min\(p, w\) \+ c p \/ w \+ f<\/code><br>The law of the test/);
    assert.ok(page.indexOf('Recommended pc_num') < page.indexOf('<h2>Plots'));
  });

  test('is called by what sets it apart, and is a line of a table where there are many', async () => {
    assert.match(await experimentHtml(two), /Recommended pc_num for total count 500,000/);
    const reported = syntheticReported({ workers: [1, 2, 4, 8, 16], pcNum: [1, 10] }, 'it misses');
    const many = await experimentHtml(reported);
    assert.match(many, /<td class="left">16 workers<\/td><td>10 to 1,000<\/td>/);
    assert.match(many, /<td class="left">16 workers<\/td><td class="right">20\.0 µs \(19\.0 µs to 21\.0 µs\)<\/td>/);
    assert.equal(many.split('<h3>Cost of splitting').length, 2);
    assert.match(many, /<p>5 of 5: it misses<\/p>/);
    const text = experimentMarkdown(reported);
    assert.match(
      text,
      /\n\| for \| overhead a task \|\n\| :--- \| ---: \|\n\| 1 worker \| 20\.0 µs \(19\.0 µs to 21\.0 µs\) \|\n/,
    );
    assert.match(text, /\n> Warning: 5 of 5: it misses\n/);
  });

  test('is in tables and Markdown', () => {
    assert.match(experimentTable(two), /\ntotal count 500,000: Choose pc_num 100\.\n/);
    const text = experimentMarkdown(one);
    assert.match(text, /\n\*\*Choose pc\\_num 100\.\*\*\n/);
    assert.match(text, /\n- overhead a task: 20\.0 µs \(19\.0 µs to 21\.0 µs\)\n/);
  });

  test('is in JSON without its points', () => {
    const [model] = experimentJsonOf(one).models;
    assert.deepEqual(model?.params, { matrixSize: 10, totalCount: 10_000_000, seed: 1 });
    assert.equal(model?.workers, 2);
    assert.ok(!JSON.stringify(model).includes('durationMs'));
  });

  test('says why it is not to be trusted, once where many are not', () => {
    assert.match(experimentTable(syntheticReported({}, 'it misses')), /Warning: Cost of splitting: it misses\n/);
    const many = experimentTable(syntheticReported({ workers: [1, 2, 4, 8] }, 'it misses'));
    assert.match(many, /Warning: 4 of 4 models are not to be trusted without care/);
  });
});

describe('reportPlots()', () => {
  test('spreads what is too much over several plots', () => {
    const crowded = syntheticReported({ totalCount: [500_000, 10_000_000], workers: [1, 2, 4, 8] });
    const titles = reportPlots(crowded).map(({ title }) => title);
    assert.ok(titles.includes('Time against pc_num: total count 500,000'), titles.join('\n'));
    assert.ok(titles.includes('Time against pc_num: total count 10,000,000'));
    assert.equal(new Set(titles).size, titles.length);
  });

  test('has speed-up only where the workers vary, and no line through a single point', () => {
    const kindsOf = (options: Parameters<typeof syntheticReported>[0]): string[] =>
      reportPlots(syntheticReported(options)).map(({ kind }) => kind);
    assert.deepEqual(kindsOf({}), ['time', 'throughput', 'efficiency', 'latency', 'breakdown']);
    assert.deepEqual(kindsOf({ workers: [1, 2] }), [
      'time',
      'throughput',
      'efficiency',
      'speedup',
      'latency',
      'breakdown',
    ]);
    assert.deepEqual(kindsOf({ pcNum: [10] }), ['breakdown']);
    assert.deepEqual(kindsOf({ hasBaseline: false }), ['time', 'throughput', 'latency', 'breakdown']);
  });
});
