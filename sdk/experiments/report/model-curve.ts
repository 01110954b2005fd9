// What models say along the axis of a plot.

import type { Model } from '../models/model.ts';
import type { Point } from '../point.ts';
import type { CurvePoint } from './plot-data.ts';
import type { PlotMeasure } from './plot-measure.ts';
import { formatCount } from './quantities.ts';

/** Points enough that a curve looks smooth. */
const curvePoints = 60;

/** A model that says how long it would take at a value of what differs. */
interface PredictingModel extends Model {
  predictMs(value: number): number;
}

function predicts(model: Model): model is PredictingModel {
  return 'predictMs' in model && typeof model.predictMs === 'function';
}

/** Models of exactly these points, whatever their order. */
function modelsOfGroup(models: readonly Model[], group: readonly Point[]): Model[] {
  const keyOf = ({ params, workers }: Point): string => JSON.stringify([params, workers]);
  const keys = new Set(group.map(keyOf));
  return models.filter(({ group: { points } }) => points.length > 1 && points.every((point) => keys.has(keyOf(point))));
}

/** The curve of the model that fits a group of points, in what a plot shows; empty where there is none. */
export function curveOf(
  models: readonly Model[],
  group: readonly Point[],
  { isLog, place, measure }: { isLog: boolean; place: (point: Point) => number; measure: PlotMeasure },
): CurvePoint[] {
  // The law that has one more thing in it comes last.
  const model = modelsOfGroup(models, group).findLast(predicts);
  if (model === undefined) return [];
  const values = group.map(place);
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const places = Array.from({ length: curvePoints }, (_, i) => {
    const share = i / (curvePoints - 1);
    // There is no part of a task or of a worker.
    return Math.round(isLog ? min * (max / min) ** share : min + (max - min) * share);
  });
  return [...new Set(places)].flatMap((x) => {
    const y = measure.ofDuration(group[0]!, model.predictMs(x));
    return y === undefined || !Number.isFinite(y) ? [] : [{ x, y }];
  });
}

/** A model that says what to choose. */
interface RecommendingModel extends Model {
  readonly recommended: readonly [low: number, high: number];
}

function recommends(model: Model): model is RecommendingModel {
  return 'recommended' in model && Array.isArray(model.recommended);
}

/** Within these, by a model, it is as good as at the best; undefined where it does not say. */
export function recommendedRange(model: Model): readonly [low: number, high: number] | undefined {
  return recommends(model) ? model.recommended : undefined;
}

/** The same for the model of a group of points. */
export function recommendedOf(
  models: readonly Model[],
  group: readonly Point[],
): readonly [low: number, high: number] | undefined {
  return modelsOfGroup(models, group)
    .flatMap((model) => [recommendedRange(model)])
    .find((range) => range !== undefined);
}

/** `12 to 1,000`. */
export function rangeText([low, high]: readonly [low: number, high: number]): string {
  const text = (value: number): string => formatCount(Number.isInteger(value) ? value : Number(value.toPrecision(3)));
  return low === high ? text(low) : `${text(low)} to ${text(high)}`;
}
