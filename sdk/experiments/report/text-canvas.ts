// A grid of characters on which a chart is drawn; what is drawn later covers what was there.

import { inColour, type PlotColour } from './colours.ts';

interface Cell {
  readonly text: string;
  readonly colour: PlotColour | undefined;
}

/** So many rows of so many characters, blank at first. */
export class TextCanvas {
  readonly width: number;
  readonly height: number;
  readonly #cells: Cell[][];

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    const blank: Cell = { text: ' ', colour: undefined };
    this.#cells = Array.from({ length: height }, () => Array.from({ length: width }, () => blank));
  }

  /** Puts a character; what is outside is left out. */
  put(column: number, row: number, text: string, colour?: PlotColour): void {
    const cells = this.#cells[row];
    if (cells !== undefined && column >= 0 && column < this.width) cells[column] = { text, colour };
  }

  /** Writes a text from a column on; what is outside is left out. */
  write(column: number, row: number, text: string, colour?: PlotColour): void {
    for (const [i, letter] of [...text].entries()) this.put(column + i, row, letter, colour);
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
