// A bar in the cell that says how far something is, and changes where it stands.
//
// Owns: its place in the cell, how often it is drawn. Does not own: what it says (progress-text.ts).
// Callers: the user, as `progressBar`; live.ts.
//
// Invariants:
//   B1. It is drawn so many times a second at most, and once more when all is done and at the end, whatever the end is.
//   B2. When its cell ends, it has ended: what is told later changes nothing.
//   B3. Where the end is not known there is no share of it: the bar only moves until its cell ends.
//   B4. It does not go back while a sweep goes on: what is left of one is an estimate, which may grow.

import type { Session } from 'gridbook';
import { CellPlace } from './cell-place.ts';
import { escaped } from './mime-bundle.ts';
import { type AnyProgress, progressState, shareOf } from './progress-text.ts';
import { RunningCell } from './running-cell.ts';

const redrawMs = 100;
const textWidth = 24;

/** What a progress bar may be told. */
export interface ProgressBarOptions {
  /** What it is about. @default nothing */
  readonly label?: string | undefined;
  /** How many inputs there are, where a `map` does not know it. */
  readonly total?: number | undefined;
  /** Whose workers are counted, and whose failures. */
  readonly session?: Session | undefined;
}

export class ProgressBar {
  readonly #options: ProgressBarOptions;
  readonly #place: CellPlace;
  readonly #cell = RunningCell.current;
  readonly #startedAt = performance.now();
  /** Tasks that the session had sent again before. */
  readonly #retriesBefore: number;
  #rate: string | undefined;
  #latest: AnyProgress | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(options: ProgressBarOptions = {}) {
    this.#options = options;
    this.#place = new CellPlace(this.#cell, process.stderr);
    this.#cell?.onEnd(() => this.end());
    this.#retriesBefore = this.#retries;
  }

  get #retries(): number {
    return this.#options.session?.timings().retries ?? 0;
  }

  /** Says how fast the latest run was. */
  setRate(rate: string): void {
    this.#rate = rate;
  }

  set(progress: AnyProgress): void {
    if (this.#isOver) return;
    const before = this.#latest;
    this.#latest = steady(progress, before); // B4
    const becomesWhole = this.#isWhole(this.#latest) && !this.#isWhole(before);
    if (becomesWhole || performance.now() - this.#drawnAt >= redrawMs) this.#draw(); // B1
  }

  #isWhole(progress: AnyProgress | undefined): boolean {
    return progress !== undefined && shareOf(progress, this.#options.total) === 1;
  }

  /** What it tells of has ended. B1, B2 */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#latest !== undefined) this.#draw();
  }

  #draw(): void {
    if (this.#latest === undefined) return;
    this.#drawnAt = performance.now();
    const { label = '', total, session } = this.#options;
    const elapsedMs = this.#drawnAt - this.#startedAt;
    const state = progressState(this.#latest, {
      elapsedMs,
      total,
      workersBusy: session?.workersBusy,
      failures: this.#retries - this.#retriesBefore,
      rate: this.#rate,
      isOver: this.#isOver,
    });
    const stopped = this.#isOver && this.#cell?.signal.aborted === true ? ['interrupted'] : [];
    const facts = [...(label === '' ? [] : [label]), ...state.facts, ...stopped].join(' · ');
    const { html, text } = this.#barOf(state.share);
    this.#place.show({ 'text/html': `<div>${html}${escaped(facts)}</div>`, 'text/plain': `${text}${facts}` });
  }

  /** B3 */
  #barOf(share: number | undefined): { html: string; text: string } {
    const style = 'style="width:16em;vertical-align:middle"';
    if (share === undefined) return { html: this.#isOver ? '' : `<progress ${style}></progress> `, text: '' };
    const percent = `${Math.floor(share * 100)} %`;
    const filled = Math.round(share * textWidth);
    return {
      html: `<progress value="${share.toFixed(4)}" max="1" ${style}></progress> <code>${percent}</code> `,
      text: `${'█'.repeat(filled)}${'░'.repeat(textWidth - filled)} ${percent}  `,
    };
  }
}

/** A later progress of the same sweep with a share that is not less than the one before. */
function steady(progress: AnyProgress, before: AnyProgress | undefined): AnyProgress {
  if (before === undefined || !('runsTotal' in progress && 'runsTotal' in before)) return progress;
  const goesOn = progress.elapsedMs >= before.elapsedMs;
  return goesOn ? { ...progress, share: Math.max(progress.share, before.share) } : progress;
}
