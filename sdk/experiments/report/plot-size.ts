// How large a plot is drawn.

/** How large a plot is drawn, in pixels, without what stands beside its axes. */
export interface PlotSize {
  readonly width: number;
  readonly height: number;
}
