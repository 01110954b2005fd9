// Models of one kind that are too many to be read one by one, as one table.

import type { Model } from '../models/model.ts';
import { formatEstimate } from './model-estimates.ts';
import { groupText, plainText } from './parameter-names.ts';

/** More of a kind than this would push all else out of sight. */
const oneByOneMax = 4;

/** Models of one kind: a line each. */
export interface ModelTable {
  readonly title: string;
  readonly formula: string;
  readonly source: string;
  /** What each is of, then its estimates. */
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Each once, with how many have it. */
  readonly warnings: readonly string[];
}

/** Models as they are shown: one by one, or many in a table. Their order is kept. */
export function shownModels(models: readonly Model[]): (Model | ModelTable)[] {
  return [...Map.groupBy(models, ({ kind }) => kind).values()].flatMap((alike): (Model | ModelTable)[] =>
    alike.length > oneByOneMax ? [tableOf(alike)] : alike,
  );
}

function tableOf(models: readonly Model[]): ModelTable {
  const { title, formula, source } = models[0]!;
  const groups = models.map(({ group }) => group);
  const names = [...new Set(models.flatMap(({ estimates }) => estimates.map(({ name }) => name)))];
  const rows = models.map(({ group, estimates }) => [
    groupText(group, groups),
    ...names.map((name) => {
      const estimate = estimates.find((one) => one.name === name);
      if (estimate === undefined) return '';
      const [value, interval] = formatEstimate(estimate);
      return `${value} (${interval})`;
    }),
  ]);
  const warnings = Map.groupBy(
    models.flatMap(({ warning }) => warning ?? []),
    plainText,
  );
  return {
    title: plainText(title),
    formula: plainText(formula),
    source: plainText(source),
    heads: ['for', ...names.map(plainText)],
    rows,
    warnings: [...warnings].map(([text, { length }]) => `${length} of ${models.length}: ${text}`),
  };
}
