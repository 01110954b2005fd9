// How large a plot is drawn.

/** How large a plot is drawn, in pixels, without what stands beside its axes. */
export interface PlotSize {
  /** @default 640 */
  readonly width: number;
  /** Of line plots; bars take what they need. @default 300 */
  readonly height: number;
}
