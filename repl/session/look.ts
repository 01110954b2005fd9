// What the terminal can show: how wide it is, whether it has colours and more letters than ASCII.

import { stripVTControlCharacters, styleText } from 'node:util';

const widthDefault = 80;
const widthLeast = 20;
/** A narrower column is hard to read. */
const rightWidthLeast = 30;

/** How things are shown. */
export interface Look {
  readonly width: number;
  readonly colors: boolean;
  readonly unicode: boolean;
}

/** Whether the terminal only adds to what is on its screen, as that of an editor does. */
export function isDumbTerminal(): boolean {
  return process.env['TERM'] === 'dumb';
}

/** What a stream can show. `NO_COLOR`, `TERM=dumb` and the like are heeded. */
export function lookOf(stream: NodeJS.WriteStream): Look {
  const isTerminal = stream.isTTY === true;
  const { TERM = '', LC_ALL, LC_CTYPE, LANG, NO_COLOR } = process.env;
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return {
    // A terminal that does not know yet how wide it is says 0.
    width: Math.max(widthLeast, (isTerminal && stream.columns) || widthDefault),
    colors: isTerminal && (NO_COLOR ?? '') === '' && stream.hasColors(),
    // Where no locale is said, a terminal of today has them.
    unicode: TERM !== 'linux' && !isDumbTerminal() && (locale === '' || /utf-?8/i.test(locale)),
  };
}

type Style = Parameters<typeof styleText>[0];

/** A text in a style, where there are colours. */
export function styled(look: Look, style: Style, text: string): string {
  return look.colors ? styleText(style, text, { validateStream: false }) : text;
}

/** Lines no wider than the width, broken between words; what follows a break is indented as its line is. */
export function wrapLines(text: string, { width }: Look): string {
  return text
    .split('\n')
    .flatMap((line) => (visibleLength(line) <= width ? [line] : wrapLine(line, width)))
    .join('\n');
}

/** Lines of two columns, the right one wrapped beside the left one, or below it where there is little room. */
export function twoColumns(rows: readonly (readonly [left: string, right: string])[], look: Look): string {
  const width = Math.max(...rows.map(([left]) => visibleLength(left))) + 2;
  const isNarrow = look.width < width + rightWidthLeast;
  const indent = ' '.repeat(isNarrow ? 4 : width);
  const lines = rows.flatMap(([left, right]) => {
    const [first = '', ...more] = wrapLine(right, look.width - indent.length);
    const bold = styled(look, 'bold', left);
    if (isNarrow) return [bold, ...[first, ...more].map((line) => indent + line)];
    return [`${bold}${' '.repeat(width - visibleLength(left))}${first}`, ...more.map((line) => indent + line)];
  });
  return lines.join('\n');
}

function wrapLine(line: string, width: number): string[] {
  const indent = ' '.repeat(Math.min(/^ */.exec(line)?.[0].length ?? 0, width >> 1));
  const lines: string[] = [];
  let current = indent;
  for (const word of line.trim().split(/ (?=\S)/)) {
    if (visibleLength(current) + visibleLength(word) + 1 > width && current.trim() !== '') {
      lines.push(current);
      current = indent;
    }
    current += current.trim() === '' ? word : ` ${word}`;
  }
  return [...lines, current];
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Lines cut to the width, with a sign that there is more. */
export function cutLines(text: string, { width, unicode }: Look): string {
  const more = unicode ? '…' : '>';
  return text
    .split('\n')
    .map((line) =>
      stripVTControlCharacters(line).length <= width
        ? line
        : `${stripVTControlCharacters(line).slice(0, width - 1)}${more}`,
    )
    .join('\n');
}
