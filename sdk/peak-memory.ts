// The most memory that this process has resident during one run.
//
// The system knows the peak since the process began only. When that grew, it is the run's peak, exactly; otherwise the
// run stayed below it, and the largest of the samples stands for it.

const rssMax = (): number => process.resourceUsage().maxRSS * 1024;

/** How often the resident size is read at most, in milliseconds. */
const sampleEveryMs = 20;

export class PeakMemory {
  readonly #before = rssMax();
  #peak = process.memoryUsage.rss();
  #sampledAt = performance.now();

  /** Looks at the resident size, when the last look is long enough ago. */
  sample(): void {
    const now = performance.now();
    if (now - this.#sampledAt < sampleEveryMs) return;
    this.#sampledAt = now;
    this.#peak = Math.max(this.#peak, process.memoryUsage.rss());
  }

  /** The peak since this was made, in bytes. */
  peakBytes(): number {
    const max = rssMax();
    return max > this.#before ? max : Math.max(this.#peak, process.memoryUsage.rss());
  }
}
