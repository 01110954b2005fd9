// A place in a cell's output that can be changed after it was shown.
//
// Owns: its id and the cell that it is in. Callers: whatever is displayed.

import { randomUUID } from 'node:crypto';
import type { MimeBundle } from './mime-bundle.ts';
import { RunningCell } from './running-cell.ts';

export class CellPlace {
  readonly #cell: RunningCell | undefined;
  readonly #printed: NodeJS.WritableStream;
  readonly #id = randomUUID();
  #isShown = false;

  /** @param printed - where its text is printed outside of notebooks. */
  constructor(cell: RunningCell | undefined = RunningCell.current, printed: NodeJS.WritableStream = process.stdout) {
    this.#cell = cell;
    this.#printed = printed;
  }

  /** Shows something here, instead of what was shown before. */
  show(data: MimeBundle): void {
    if (this.#cell === undefined) {
      this.#printed.write(`${String(data['text/plain'] ?? '')}\n`);
      return;
    }
    this.#cell.display({ data, metadata: {}, transient: { display_id: this.#id } }, this.#isShown);
    this.#isShown = true;
  }
}
