// The characters that charts are drawn with: those of Unicode, or plain ASCII.

/** What a chart is drawn with. */
export interface TextMarks {
  /** Of points, one a series. */
  readonly points: readonly string[];
  /** As `asciichart` takes them. */
  readonly lines: readonly [string, string, string, string, string, string, string, string, string, string];
  readonly vertical: string;
  readonly horizontal: string;
  readonly corner: string;
  readonly xTick: string;
  readonly yTick: string;
  readonly interval: string;
  readonly intervalBetween: string;
  readonly intervalEnd: string;
  readonly curve: string;
  readonly reference: string;
  readonly recommended: string;
  /** Of the parts of bars, without colours and with them. */
  readonly parts: readonly string[];
  readonly part: string;
}

const unicode: TextMarks = {
  points: ['●', '■', '▲', '◆', '○', '□', '△'],
  lines: ['─', '│', '─', '─', '─', '╰', '╭', '╮', '╯', '│'],
  vertical: '│',
  horizontal: '─',
  corner: '└',
  xTick: '┬',
  yTick: '┤',
  interval: '┆',
  intervalBetween: '┼',
  intervalEnd: '┬',
  curve: '·',
  reference: '┄',
  recommended: '▔',
  parts: ['▒', '░', '╱', '─', '█', '╲', '▓'],
  part: '█',
};

const ascii: TextMarks = {
  points: ['o', '#', 'A', 'x', '@', '+', '%'],
  lines: ['-', '|', '-', '-', '-', "'", '.', '.', "'", '|'],
  vertical: '|',
  horizontal: '-',
  corner: '+',
  xTick: '+',
  yTick: '+',
  interval: ':',
  intervalBetween: '+',
  intervalEnd: '-',
  curve: '.',
  reference: '~',
  recommended: '^',
  parts: ['e', '.', '/', '-', '#', '\\', 's'],
  part: '#',
};

/** The characters for a terminal that has Unicode, or has not. */
export function textMarks(isUnicode: boolean): TextMarks {
  return isUnicode ? unicode : ascii;
}

const asciiForms: readonly (readonly [RegExp, string])[] = [
  [/µ/g, 'u'],
  [/±/g, '+-'],
  [/…/g, '.'],
  [/ · /g, ', '],
  [/[–—]/g, '-'],
];

/** A text in plain ASCII where that is wanted; what has no such form becomes a question mark. */
export function textIn(isUnicode: boolean, text: string): string {
  if (isUnicode) return text;
  return asciiForms.reduce((all, [form, plain]) => all.replace(form, plain), text).replace(/[^\x20-\x7e\n]/gu, '?');
}
