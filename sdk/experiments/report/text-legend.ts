// What stands below a chart of text: which mark is what, and lines of words no wider than there is room.

import { inColour, type PlotColour } from './colours.ts';
import { shortened } from './series-label.ts';
import { textIn } from './text-marks.ts';
import { beginningOf, textWidth } from './text-width.ts';

/** A mark and what it stands for. */
export interface LegendEntry {
  readonly mark: string;
  readonly text: string;
  readonly colour: PlotColour | undefined;
}

const gap = '   ';

/** Entries side by side, in as many lines as they need. */
export function legendLines(entries: readonly LegendEntry[], width: number): LegendEntry[][] {
  const lines: LegendEntry[][] = [];
  let left = 0;
  for (const entry of entries) {
    const fitting = { ...entry, text: shortened(entry.text, width - entry.mark.length - 1) };
    const length = fitting.mark.length + 1 + textWidth(fitting.text);
    if (lines.length > 0 && left >= length + gap.length) {
      lines.at(-1)!.push(fitting);
      left -= length + gap.length;
    } else {
      lines.push([fitting]);
      left = width - length;
    }
  }
  return lines;
}

/** A line of a legend as text. */
export function legendLine(
  entries: readonly LegendEntry[],
  { colour: isColoured, unicode }: { colour: boolean; unicode: boolean },
): string {
  return entries
    .map(({ mark, text, colour }) => `${isColoured ? inColour(mark, colour) : mark} ${textIn(unicode, text)}`.trimEnd())
    .join(gap);
}

/** A text in lines no wider than so many columns. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      for (let rest = word; ; ) {
        // A letter that is wider than all the room is there all the same.
        const part = beginningOf(rest, width) || rest.slice(0, 1);
        rest = rest.slice(part.length);
        if (line !== '' && textWidth(line) + 1 + textWidth(part) > width) {
          lines.push(line);
          line = part;
        } else {
          line = line === '' ? part : `${line} ${part}`;
        }
        if (rest === '') break;
      }
    }
    lines.push(line);
  }
  return lines;
}
