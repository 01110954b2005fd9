// The plots of a report. What would be too much for one plot is spread over several of the same kind.

import type { JsonValue } from '../../workloads/workload.ts';
import { seriesColours } from './colours.ts';
import { parameterName, parametersText, valueAt, varyingParameters } from './parameter-names.ts';
import { Plot, plotOfReported } from './plot.ts';
import type { PlotData, PlotKind } from './plot-data.ts';
import { reportKinds } from './plot-lack.ts';
import type { Reported } from './plotted.ts';

/** More bars than this are read by nobody. */
const barsMax = 32;

/** More plots of one kind would be worse than one that is crowded. */
const panelsMax = 8;

/** All plots of a report, in their order. */
export function reportPlots(reported: Reported): Plot[] {
  return reportKinds(reported.points).flatMap((kind) => {
    const panels = panelsOf(reported, kind, []);
    return panels.length <= panelsMax ? panels : [plotOfReported([reported], kind)];
  });
}

/** One plot, or one for each value of what differs least and is not on an axis. */
function panelsOf(reported: Reported, kind: PlotKind, fixed: readonly string[]): Plot[] {
  const { points } = reported;
  const { data } = plotOfReported([reported], kind);
  const said = fixed.length === 0 ? '' : `: ${parametersText(points[0]!, fixed)}`;
  const whole = [new Plot({ ...data, title: `${data.title}${said}` })];
  if (!isCrowded(data)) return whole;
  const onAxis = data.type === 'lines' ? data.x.title : parameterName(reported.data.definition.splitBy ?? '');
  const names = varyingParameters(points).filter((name) => parameterName(name) !== onAxis);
  const keyOf = (value: JsonValue | undefined): string => JSON.stringify(value ?? null);
  const [least] = names
    .map((name) => ({ name, groups: Map.groupBy(points, (point) => keyOf(valueAt(point, name))) }))
    .sort((a, b) => a.groups.size - b.groups.size);
  if (least === undefined || least.groups.size > panelsMax) return whole;
  return [...least.groups.values()].flatMap((group) => {
    const part: Reported = {
      data: reported.data,
      points: group,
      get models() {
        return reported.models;
      },
    };
    return panelsOf(part, kind, [...fixed, least.name]);
  });
}

function isCrowded(data: PlotData): boolean {
  return data.type === 'lines' ? data.series.length > seriesColours.length : data.bars.length > barsMax;
}
