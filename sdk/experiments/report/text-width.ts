// How many columns of a terminal a text takes: two for a Chinese letter or an emoji, none for a mark above a letter.

import stringWidth from 'string-width';

const letters = new Intl.Segmenter();

/** The letters of a text as a person counts them. */
export function lettersOf(text: string): string[] {
  return Array.from(letters.segment(text), ({ segment }) => segment);
}

/** How many columns a text takes. */
export function textWidth(text: string): number {
  return stringWidth(text);
}

/** As much of the beginning of a text as so many columns hold. */
export function beginningOf(text: string, columns: number): string {
  let beginning = '';
  let left = columns;
  for (const letter of lettersOf(text)) {
    left -= textWidth(letter);
    if (left < 0) break;
    beginning += letter;
  }
  return beginning;
}

/** A text with blanks behind it, or before it for `right`, to so many columns. */
export function padded(text: string, columns: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, columns - textWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}
