// What a series or bar is called in legends and beside bars.

import type { Point } from '../point.ts';
import { parametersText, plainText } from './parameter-names.ts';

/** Longer ones would leave no room for what they label. */
const labelLengthMax = 60;

/** `name: matrix size 10, 2 workers`, of those parameters that differ. */
export function labelOf(point: Point, varying: readonly string[], experimentName: string): string {
  const label = [plainText(experimentName), parametersText(point, varying)].filter((part) => part !== '').join(': ');
  return shortened(label, labelLengthMax);
}

/** A text of at most so many letters. */
export function shortened(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  return lengthMax < 1 ? '' : `${text.slice(0, lengthMax - 1).trimEnd()}…`;
}
