// How a plot is drawn as text.

/** How a plot is drawn as text. */
export interface PlotTextOptions {
  /** The most characters of a line. @default 80 */
  readonly width?: number;
  /** How many lines a line plot takes; bars take one each. @default 20 */
  readonly height?: number;
  /** Whether series are told apart by the colours of a terminal. @default false */
  readonly colour?: boolean;
  /** Whether there are more characters than plain ASCII. @default true */
  readonly unicode?: boolean;
}
