// The colours of plots, for screens, paper and terminals: the palette of M. Okabe and K. Ito, "Color Universal Design"
// (2008), which people with any kind of colour vision tell apart; without black and yellow, which vanish on a dark or a
// light ground.

/** A colour of a series. */
export interface PlotColour {
  readonly hex: string;
  /** The nearest of the 256 colours of terminals. */
  readonly terminal: number;
}

/** Series take them in this order, and begin again after the last. */
export const seriesColours: readonly PlotColour[] = [
  { hex: '#0072b2', terminal: 32 },
  { hex: '#d55e00', terminal: 166 },
  { hex: '#009e73', terminal: 36 },
  { hex: '#cc79a7', terminal: 175 },
  { hex: '#e69f00', terminal: 172 },
  { hex: '#56b4e9', terminal: 75 },
  { hex: '#8c8c8c', terminal: 245 },
];

/** The colour of the series at a place. */
export function seriesColour(place: number): PlotColour {
  return seriesColours[place % seriesColours.length]!;
}

/** Sets text off in a colour of a terminal. */
export function inColour(text: string, colour: PlotColour | undefined): string {
  return colour === undefined || text.trim() === '' ? text : `\x1b[38;5;${colour.terminal}m${text}\x1b[39m`;
}

/** Of the stages of a task, in their order: the work itself stands out, what is around it are shades of waiting. */
const stageColours: readonly PlotColour[] = [
  { hex: '#e69f00', terminal: 172 },
  { hex: '#b8b8b8', terminal: 250 },
  { hex: '#56b4e9', terminal: 75 },
  { hex: '#8c8c8c', terminal: 245 },
  { hex: '#009e73', terminal: 36 },
  { hex: '#0072b2', terminal: 32 },
  { hex: '#cc79a7', terminal: 175 },
];

/** The colour of the stage at a place. */
export function stageColour(place: number): PlotColour {
  return stageColours[place % stageColours.length]!;
}
