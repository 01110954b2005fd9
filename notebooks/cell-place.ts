// A place in a cell's output that can be changed after it was shown.
//
// Owns: its id and the cell that it is in. Callers: whatever is displayed.

import { randomUUID } from 'node:crypto';
import type { MimeBundle } from './mime-bundle.ts';
import { RunningCell } from './running-cell.ts';

export class CellPlace {
  readonly #cell: RunningCell | undefined;
  readonly #id = randomUUID();
  #isShown = false;

  constructor(cell: RunningCell | undefined = RunningCell.current) {
    this.#cell = cell;
  }

  /** Shows something here, instead of what was shown before. Outside of notebooks its text is printed. */
  show(data: MimeBundle): void {
    if (this.#cell === undefined) {
      process.stdout.write(`${String(data['text/plain'] ?? '')}\n`);
      return;
    }
    this.#cell.display({ data, metadata: {}, transient: { display_id: this.#id } }, this.#isShown);
    this.#isShown = true;
  }
}
