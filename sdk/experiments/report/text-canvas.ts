// A grid of characters on which a chart is drawn; what is drawn later covers what was there.

import { inColour, type PlotColour } from './colours.ts';
import { lettersOf, textWidth } from './text-width.ts';

interface Cell {
  /** A letter; nothing in the right half of a wide one. */
  readonly text: string;
  readonly colour: PlotColour | undefined;
}

const blank: Cell = { text: ' ', colour: undefined };

/** So many rows of so many characters, blank at first. */
export class TextCanvas {
  readonly width: number;
  readonly height: number;
  readonly #cells: Cell[][];

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#cells = Array.from({ length: height }, () => Array.from({ length: width }, () => blank));
  }

  /** Puts a letter of one column; what is outside is left out. */
  put(column: number, row: number, text: string, colour?: PlotColour): void {
    const cells = this.#cells[row];
    if (cells === undefined || column < 0 || column >= this.width) return;
    // Half of a wide letter is none.
    if (cells[column]!.text === '') cells[column - 1] = blank;
    if (cells[column + 1]?.text === '') cells[column + 1] = blank;
    cells[column] = { text, colour };
  }

  /** Writes a text from a column on; what is outside is left out. */
  write(column: number, row: number, text: string, colour?: PlotColour): void {
    let at = column;
    for (const letter of lettersOf(text)) {
      const width = textWidth(letter);
      if (width === 0) continue;
      const isWhole = at >= 0 && at + width <= this.width;
      this.put(at, row, isWhole ? letter : ' ', colour);
      if (width === 2 && isWhole) this.#cover(at + 1, row, colour);
      at += width;
    }
  }

  /** Makes a cell the right half of the letter before it. */
  #cover(column: number, row: number, colour: PlotColour | undefined): void {
    this.put(column, row, ' ', colour);
    const cells = this.#cells[row];
    if (cells !== undefined) cells[column] = { text: '', colour };
  }

  isBlank(column: number, row: number): boolean {
    return this.#cells[row]?.[column]?.text === ' ';
  }

  /** The rows without the blanks at their ends. */
  rows(isColoured: boolean): string[] {
    return this.#cells.map((cells) => {
      const end = cells.findLastIndex(({ text }) => text !== ' ') + 1;
      let row = '';
      for (let from = 0; from < end; ) {
        const { colour } = cells[from]!;
        let to = from + 1;
        while (to < end && cells[to]!.colour === colour) to++;
        const text = cells
          .slice(from, to)
          .map((cell) => cell.text)
          .join('');
        row += isColoured ? inColour(text, colour) : text;
        from = to;
      }
      return row;
    });
  }
}
