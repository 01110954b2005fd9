// Tests of plots as Vega-Lite specs and as pictures: specs compile without a complaint, and pictures are whole.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { logger, Warn } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Experiment } from '../../../../sdk/experiments/experiment.ts';
import { type PlotKind, plotKinds } from '../../../../sdk/experiments/report/plot-data.ts';
import { vegaLiteSpec } from '../../../../sdk/experiments/report/vega-lite-spec.ts';
import { formatDuration, plotOf, type VegaLiteSpec } from '../../../../sdk/index.ts';
import { runScript } from '../../../helpers/run-script.ts';
import { farIntervals, syntheticExperiment } from './synthetic-experiment.ts';

const experiments: Readonly<Record<string, readonly Experiment[]>> = {
  'one series': [syntheticExperiment()],
  'several series': [syntheticExperiment({ totalCount: [500_000, 10_000_000], workers: [1, 2, 8] })],
  'one point': [syntheticExperiment({ pcNum: [10], repeats: 1 })],
  'two experiments': [
    syntheticExperiment({ id: 'a' }),
    syntheticExperiment({ id: 'b', name: `"'><script>alert(1)</script>`, workers: [4] }),
  ],
};

/** What vega-lite complains of when it compiles a spec. */
function complaintsOf(spec: TopLevelSpec): string[] {
  const complaints: string[] = [];
  const listener = logger(Warn, undefined, (_method, _level, words) => complaints.push(words.join(' ')));
  compile(spec, { logger: listener });
  return complaints;
}

/** All values of a field in the data of a spec. */
function valuesOf(spec: VegaLiteSpec, field: string): unknown[] {
  const rows: unknown[] = [];
  JSON.stringify(spec, (key, value: unknown) => {
    if (key === 'values' && Array.isArray(value)) rows.push(...value);
    return value;
  });
  return rows.flatMap((row) =>
    typeof row === 'object' && row !== null && field in row ? [Reflect.get(row, field)] : [],
  );
}

describe('Plot.toVegaLite()', () => {
  for (const [name, plotted] of Object.entries(experiments)) {
    for (const kind of plotKinds) {
      test(`${kind} of ${name} compiles without a complaint`, () => {
        assert.deepEqual(complaintsOf(vegaLiteSpec(plotOf(plotted, kind).data, { width: 640, height: 300 })), []);
      });
    }
  }

  test('has the points with their intervals inside, and says them in tooltips', () => {
    const [experiment] = experiments['one series'] ?? [];
    const spec = experiment!.plot('time').toVegaLite();
    const { points } = experiment!;
    assert.deepEqual(
      valuesOf(spec, 'low'),
      points.map(({ durationMs }) => durationMs.interval[0]),
    );
    assert.deepEqual(valuesOf(spec, 'xText'), ['1', '10', '100', '1,000', '10,000', '100,000']);
    assert.match(JSON.stringify(spec), /"tooltip":\[\{"field":"xText".*"title":"95 % interval"/);
  });

  test('cuts intervals off at the frame, and says in tooltips how far they go', async () => {
    for (const kind of ['time', 'throughput', 'efficiency', 'speedup'] as const) {
      const plot = farIntervals().plot(kind);
      const spec = plot.toVegaLite();
      const [, least, most] = /"field":"y","type":"quantitative".*?"domain":\[([^,]+),([^\]]+)\]/.exec(
        JSON.stringify(spec),
      )!;
      const ends = [...valuesOf(spec, 'low'), ...valuesOf(spec, 'high')].map(Number);
      assert.ok(
        ends.every((value) => value >= Number(least) && value <= Number(most)),
        `${kind}: ${ends} beyond ${least} to ${most}`,
      );
      const measured = valuesOf(spec, 'y').map(Number);
      assert.ok(Number(most) < 4 * Math.max(...measured), `${kind}: ${most} beside ${measured}`);
      assert.match(plot.caption, /cut off at the frame/);
      assert.doesNotMatch(await plot.toSVG(), /NaN|Infinity/);
    }
    const { interval } = farIntervals().points[0]!.durationMs;
    assert.ok(
      String(valuesOf(farIntervals().plot('time').toVegaLite(), 'rangeText')[0]).includes(formatDuration(interval[1])),
    );
  });

  test('has a logarithmic axis where values are log-spaced, and a linear one elsewhere', () => {
    const scaleOf = (experiment: Experiment): string =>
      /"field":"x","type":"quantitative"[^}]*"scale":\{"type":"(\w+)"/.exec(
        JSON.stringify(experiment.plot('time').toVegaLite()),
      )?.[1] ?? '';
    assert.equal(scaleOf(syntheticExperiment()), 'log');
    assert.equal(scaleOf(syntheticExperiment({ pcNum: [1, 2, 3, 4] })), 'linear');
  });

  test('gives the same series the same colour in every plot', () => {
    const [experiment] = experiments['several series'] ?? [];
    const scales = (['time', 'throughput', 'efficiency', 'latency'] satisfies PlotKind[]).map(
      (kind) =>
        /"scale":(\{"domain":\["total.*?\],"range":.*?\]\})/.exec(
          JSON.stringify(experiment!.plot(kind).toVegaLite()),
        )?.[1],
    );
    assert.match(scales[0] ?? '', /#0072b2/);
    assert.deepEqual(new Set(scales).size, 1);
  });
});

describe('Plot.toSVG()', () => {
  test('draws each kind as one picture without a browser', async () => {
    for (const kind of plotKinds) {
      const svg = await plotOf(experiments['two experiments']!, kind).toSVG({ width: 300, height: 200 });
      assert.match(svg, /^<svg [^>]*viewBox="0 0 \d+ \d+"/);
      assert.match(svg, /<\/svg>$/);
      assert.ok(!svg.includes('NaN') && !svg.includes('<script>') && !svg.includes('undefined'), kind);
      assert.ok(svg.includes('&lt;script&gt;'), kind);
    }
  });

  test('is on the ground and in the ink asked for', async () => {
    const svg = await experiments['one series']![0]!.plot('time').toSVG({ ink: '#123456', ground: '#fedcba' });
    assert.match(svg, /fill="#fedcba"/);
    assert.match(svg, /fill="#123456"/);
  });

  test('leaves vega unloaded until a picture is drawn', async () => {
    const { stdout } = await runScript('vega-on-demand.ts');
    assert.equal(stdout, '0 true true\n');
  });
});
