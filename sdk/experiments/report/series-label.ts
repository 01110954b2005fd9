// What a series or bar is called in legends and beside bars.

import type { Point } from '../point.ts';
import { parametersText, plainText } from './parameter-names.ts';
import { beginningOf, textWidth } from './text-width.ts';

/** Longer ones would leave no room for what they label. */
const labelLengthMax = 60;

/** `name: matrix size 10, 2 workers`, of those parameters that differ. */
export function labelOf(point: Point, varying: readonly string[], experimentName: string): string {
  const label = [plainText(experimentName), parametersText(point, varying)].filter((part) => part !== '').join(': ');
  return shortened(label, labelLengthMax);
}

/** A text that takes at most so many columns. */
export function shortened(text: string, columnsMax: number): string {
  if (textWidth(text) <= columnsMax) return text;
  return columnsMax < 1 ? '' : `${beginningOf(text, columnsMax - 1).trimEnd()}…`;
}
